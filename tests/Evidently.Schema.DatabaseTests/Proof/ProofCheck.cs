using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Model;
using Evidently.Schema.DatabaseTests.Reads;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>What must hold at a quiet point, whatever phase it is; every problem it finds is kept, with its stage.</summary>
internal sealed class ProofCheck(StarDatabase database, ApplicationTraffic traffic)
{
    private const string Notes =
        "SELECT n.kind || ' ' || coalesce(n.key, n.collector_result_id::text) || ' ' || coalesce(n.last_error, '') FROM evidently_schema.change_notes AS n";

    /// <summary>Of the calls that the rows suggest, one in so many is made, others each time.</summary>
    private const int Every = 3;

    private readonly List<string> _problems = [];

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reader's answers compared, legacy against star.</summary>
    public int Compared { get; private set; }

    public async Task QuietAsync(string stage)
    {
        await using var session = await database.OpenAsync();
        Add(stage, await traffic.ProblemsAsync(session.Connection));
        List<string> applied = await session.ScalarAsync<bool>("SELECT to_regclass('evidently_schema.version_info') IS NOT NULL")
            ? await session.ListAsync("SELECT version FROM evidently_schema.version_info") : [];
        if (!applied.Contains("208", StringComparer.Ordinal))
        {
            return;
        }

        await DrainAsync(session);
        Add(stage, (await session.ListAsync(Notes)).ConvertAll(note => $"note left: {note}"));
        var archived = await session.ScalarAsync<bool>("SELECT to_regclass('public.extracted_positions_archived') IS NOT NULL");
        if (!archived && await Observer.WholeAsync(session.Connection) is { Length: > 0 } differences)
        {
            Add(stage, [$"the star is not the one its legacy rows describe: {differences}"]);
        }

        Add(stage, (await session.ListAsync("SELECT v::text FROM evidently_schema.verify() AS v WHERE NOT v.ok")).ConvertAll(check => $"verify(): {check}"));
        if (!archived && applied.Contains("404", StringComparer.Ordinal))
        {
            await CompareAsync(stage, session);
        }

        if (archived && !await session.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM evidently_schema.star_only_results)"))
        {
            var different = await session.ScalarAsync<long>(
                "SELECT count(*) FROM ((TABLE extracted_positions EXCEPT ALL TABLE extracted_positions_archived) UNION ALL (TABLE extracted_positions_archived EXCEPT ALL TABLE extracted_positions)) AS d");
            Add(stage, different == 0 ? [] : [$"the view shows {different} rows that the table does not, or not those that it does"]);
        }
    }

    public void Add(string stage, IEnumerable<string> problems) => _problems.AddRange(problems.Select(problem => $"{stage}: {problem}"));

    private static async Task DrainAsync(Session session)
    {
        for (var turn = 0; turn < 3; turn++)
        {
            // What failed is tried again later and later; here it has been later already.
            await session.ExecuteAsync("UPDATE evidently_schema.change_notes SET noted_at = noted_at - interval '1 hour' WHERE attempts > 0");
            await session.ExecuteAsync("CALL evidently_schema.drain(30)");
        }

        await session.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
    }

    private async Task CompareAsync(string stage, Session session)
    {
        foreach (var call in (await ReadCalls.SuggestAsync(session.Connection, Compared)).Where((_, number) => number % Every == Compared % Every))
        {
            Compared++;
            Add(stage, await session.ScalarAsync<bool>($"SELECT {Different(call)}") ? [$"legacy and star answer differently: {call}"] : []);
        }
    }

    /// <summary>Whether the two versions of a page answer differently, row for row.</summary>
    private static string Different(ReadCall call) =>
        $"(SELECT string_agg(t::text, '|') FROM evidently_schema.legacy_{call} AS t) IS DISTINCT FROM (SELECT string_agg(t::text, '|') FROM evidently_schema.star_{call} AS t)";
}
