using System.Text;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Oracle;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>Compares star and projection at one snapshot, by the oracle, which shares nothing with the product.</summary>
internal static class Observer
{
    /// <summary>Before the snapshot: TRUNCATE empties a table for older snapshots too, and they would see rows gone without their note.</summary>
    public const string KeepTruncateOut =
        "LOCK TABLE public.extracted_positions, public.metric_facts, public.brand_metrics, public.competitor_metrics, public.brand_sentiment,"
        + " public.competitor_sentiment, public.collector_results IN ACCESS SHARE MODE";

    private const int LongestTopic = 5_000;

    /// <summary>How star and projection differ now that everything is drained, or nothing.</summary>
    public static async Task<string> WholeAsync(NpgsqlConnection connection)
    {
        var (legacy, actual, _) = await ReadAsync(connection);
        return StarComparison.Differences(Expect(legacy), actual.Tables);
    }

    /// <summary>How they differ in the results that no visible note covers, or nothing: guarantee 2.</summary>
    public static async Task<string> UncoveredAsync(NpgsqlConnection connection)
    {
        var (legacy, actual, notes) = await ReadAsync(connection);
        if (notes.Exists(note => note[0] is not ("result" or "row" or "collector_result")))
        {
            return string.Empty; // a parent's note may cover any of them
        }

        var results = notes.Select(note => note[2]).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var rows = notes.Where(note => note[0] is "row").Select(note => note[1]!).ToHashSet(StringComparer.Ordinal);
        var text = new StringBuilder();
        var expected = Expect(legacy).Tables;
        foreach (var (left, right) in expected.Star.Zip(actual.Tables.Star))
        {
            Compare(left, right, (key, _) => results.Contains(key.Split('/')[0]), text);
        }

        Compare(
            expected.Rejected, actual.Tables.Rejected, (key, values) => rows.Contains(key) || (values[0] is { } result && results.Contains(result)), text);
        return text.ToString();
    }

    private static void Compare(StarTable expected, StarTable actual, Func<string, string?[], bool> isCovered, StringBuilder text)
    {
        foreach (var key in expected.Rows.Keys.Union(actual.Rows.Keys, StringComparer.Ordinal))
        {
            var there = actual.Rows.GetValueOrDefault(key);
            var wanted = expected.Rows.GetValueOrDefault(key);
            if ((there is null || !isCovered(key, there)) && (wanted is null || !isCovered(key, wanted))
                && !(there is not null && wanted is not null && there.SequenceEqual(wanted, StringComparer.Ordinal)))
            {
                text.AppendLine($"{expected.Name} {key}: expected {Show(wanted)} but was {Show(there)}");
            }
        }
    }

    private static string Show(string?[]? values) => values is null ? "nothing" : string.Join(", ", values.Select(value => value ?? "NULL"));

    /// <summary>What only the INSERT can refuse is the one thing the oracle must be told: a topic too long for its index.</summary>
    private static ExpectedStar Expect(LegacySnapshot legacy)
    {
        var all = ExpectedStar.From(legacy);
        var refused = all.Tables.Facts.Rows.Keys.Where(key => all.Tables.Facts[key, "topic"]?.Length > LongestTopic).Select(long.Parse).ToList();
        return refused.Count == 0 ? all : ExpectedStar.From(legacy, refused);
    }

    private static Task<(LegacySnapshot Legacy, ActualStar Actual, List<string?[]> Notes)> ReadAsync(NpgsqlConnection connection) => OneSnapshot.RunAsync(
        connection,
        async (open, token) =>
        {
            await using (var command = new NpgsqlCommand(KeepTruncateOut, open))
            {
                await command.ExecuteNonQueryAsync(token);
            }

            var notes = new List<string?[]>();
            await foreach (var note in OneSnapshot.QueryAsync(open, "SELECT kind, key, collector_result_id::text FROM evidently_schema.change_notes", token))
            {
                notes.Add(note);
            }

            return (await LegacySnapshot.ReadInTransactionAsync(open, token), await ActualStar.ReadInTransactionAsync(open, token), notes);
        },
        CancellationToken.None);
}
