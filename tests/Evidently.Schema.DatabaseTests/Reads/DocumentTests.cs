using System.Text.RegularExpressions;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>What docs/reads.md tells a reader to type: its SQL runs, in its order, and its calls exist.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed partial class DocumentTests
{
    private static string Document => File.ReadAllText(Path.Combine(Repository.Root, "docs", "reads.md"));

    [Test]
    public async Task The_walk_through_runs_as_it_is_written()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, new LegacyVariant { SupabaseRoles = true });
        await using var session = await database.OpenAsync();

        // pg_cron is not on every server.
        foreach (var block in Blocks("sql").Where(block => !block.Contains("cron.", StringComparison.Ordinal)))
        {
            await session.ExecuteAsync(block);
        }

        Assert.That(
            await database.ListAsync("SELECT concat_ws(' ', kind, subject, was, became, reason) FROM evidently_schema.events WHERE kind IN ('route', 'shadow') ORDER BY id"),
            Is.EqualTo(new[]
            {
                "route dashboard 0 10 canary", "route dashboard 10 50 a day at 10", "route dashboard 50 100 a day at 50", "route dashboard 100 0 slow at noon",
                "shadow dashboard false true before the canary",
            }));
    }

    [Test]
    public async Task Its_calls_from_TypeScript_name_the_functions_and_their_parameters()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        var calls = Blocks("ts").SelectMany(block => Rpc().Matches(block)).ToList();
        Assert.That(calls, Has.Count.EqualTo(8));
        foreach (var call in calls)
        {
            var name = call.Groups["name"].Value;
            var parameters = await database.ListAsync($"SELECT unnest(proargnames[1:pronargs]) FROM pg_proc WHERE oid = 'public.{name}'::regproc");
            var required = await database.ListAsync($"SELECT unnest(proargnames[1:pronargs - pronargdefaults]) FROM pg_proc WHERE oid = 'public.{name}'::regproc");
            var given = Parameter().Matches(call.Groups["arguments"].Value).Select(match => match.Value).ToList();

            Assert.That(given, Is.SubsetOf(parameters).And.SupersetOf(required), name);
        }
    }

    [Test]
    public void Its_calls_from_CSharp_are_all_of_the_readers() => Assert.That(
        Blocks("csharp").SelectMany(block => Method().Matches(block)).Select(match => match.Groups["name"].Value),
        Is.EquivalentTo(typeof(MetricsReader).GetMethods().Select(method => method.Name).Where(name => name.EndsWith("Async", StringComparison.Ordinal))));

    private static IEnumerable<string> Blocks(string language) =>
        Block().Matches(Document).Where(match => string.Equals(match.Groups["language"].Value, language, StringComparison.Ordinal)).Select(match => match.Groups["text"].Value);

    [GeneratedRegex("^```(?<language>[a-z]*)\n(?<text>.*?)^```", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Block();

    [GeneratedRegex(@"rpc\('(?<name>\w+)',\s*\{(?<arguments>[^}]*)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Rpc();

    [GeneratedRegex(@"\bp_\w+(?=:)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"reader\.(?<name>\w+)\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Method();
}
