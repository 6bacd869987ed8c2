using System.Text.RegularExpressions;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>
/// The deadlocks in a server's log. Two DELETEs of many rows deadlock when they meet the rows in another order, because one of them is being
/// updated: on the bare table, too. So a cycle of the application's own deletes is its own; any other is ours.
/// </summary>
internal static partial class Deadlocks
{
    private static readonly string[] Deletes =
    [
        "DELETE FROM extracted_positions ", "DELETE FROM collector_results ", "DELETE FROM generated_queries ", "DELETE FROM brands ", "SELECT evidently_schema.save_positions(",
    ];

    public static async Task<IReadOnlyList<string>> OursAsync(PostgresServer server)
    {
        var log = await File.ReadAllTextAsync(Path.Combine(server.Folder!, "log"));
        return [.. Cycle().Matches(log).Where(cycle => !Processes().Matches(cycle.Value).All(IsDelete)).Select(cycle => cycle.Value)];
    }

    private static bool IsDelete(Match process) => Array.Exists(Deletes, delete => process.Groups["text"].Value.TrimStart().StartsWith(delete, StringComparison.Ordinal));

    [GeneratedRegex(@"ERROR:  deadlock detected\n.*?DETAIL:  (?<detail>.*?)\n\d{4}-", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Cycle();

    [GeneratedRegex(@"\n\tProcess \d+: (?<text>[^\n]*)", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Processes();
}
