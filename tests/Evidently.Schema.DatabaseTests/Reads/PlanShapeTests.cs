using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>
/// How the functions read, by what the server counts in their transaction, nested statements included: no table from end to end, and of each no more than the
/// brand's rows, once to know the results and once to show them. A brand is a sixtieth of the tables, a page a third of its days: reading everything would be cheaper than a bad plan, and dearer than a good one.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class PlanShapeTests
{
    private static readonly LegacyFill Many = new() { Results = 6_000, Brands = 60, QueriesPerBrand = 5, AnswerLength = 10 };

    private static readonly LegacyFill Close = new() { Results = 6_000, Brands = 2, QueriesPerBrand = 5, AnswerLength = 10 };

    /// <summary>What the planner may look up at the ends of an index.</summary>
    private const long OfPlanner = 10;

    private static readonly string[] Star = ["metric_facts", "brand_metrics", "competitor_metrics", "brand_sentiment", "competitor_sentiment", "mv_brand_daily_metrics"];

    [Test]
    public async Task The_star_is_read_by_its_indexes_and_no_further_than_the_brand()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, fill: Many);
        var page = await PageAsync(database);
        await using var session = await database.OpenAsync();
        foreach (var call in Calls(page))
        {
            var reads = await ReadsAsync(session, $"evidently_schema.star_{call}");

            Assert.That(reads.Keys.Intersect(Star, StringComparer.Ordinal), Is.Not.Empty, call);
            foreach (var table in reads.Keys.Intersect(Star, StringComparer.Ordinal))
            {
                Assert.That(reads[table].FromEndToEnd, Is.Zero, $"{table} by {call}");
                Assert.That(reads[table].Fetched, Is.LessThanOrEqualTo((2 * page.Rows[table]) + OfPlanner), $"{table} by {call}");
            }

            Assert.That(reads.Keys, Has.No.Member("extracted_positions"), call);
        }
    }

    [Test]
    public async Task Legacy_is_read_by_its_present_indexes_and_no_further_than_the_brand()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, fill: Many);
        var page = await PageAsync(database);
        await using var session = await database.OpenAsync();
        foreach (var call in Calls(page))
        {
            var reads = await ReadsAsync(session, $"evidently_schema.legacy_{call}");

            Assert.That(reads["extracted_positions"].FromEndToEnd, Is.Zero, call);
            Assert.That(reads["extracted_positions"].Fetched, Is.LessThanOrEqualTo((2 * page.Rows["extracted_positions"]) + OfPlanner), call);
            Assert.That(reads.Keys.Intersect(Star, StringComparer.Ordinal), Is.Empty, call);
        }
    }

    [Test]
    public async Task A_page_reads_no_table_of_the_star_that_it_shows_nothing_of()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, fill: Many);
        var page = await PageAsync(database);
        await using var session = await database.OpenAsync();
        foreach (var call in Calls(page))
        {
            string[] shownNothingOf = call switch
            {
                _ when call.StartsWith("get_competitor_", StringComparison.Ordinal) => ["brand_metrics", "brand_sentiment"],
                _ when call.StartsWith("get_topic_", StringComparison.Ordinal) || call.StartsWith("get_prompt_", StringComparison.Ordinal) => ["competitor_sentiment"],
                _ when call.StartsWith("get_keyword_", StringComparison.Ordinal) => ["brand_sentiment", "competitor_metrics", "competitor_sentiment"],
                _ => ["competitor_metrics", "competitor_sentiment"],
            };

            var reads = await ReadsAsync(session, $"evidently_schema.star_{call}");

            Assert.That(shownNothingOf.Where(table => reads.TryGetValue(table, out var read) && read.Fetched > OfPlanner), Is.Empty, call);
        }
    }

    /// <summary>Without the candidates in its filter the planner, who knows nothing of an array that may be NULL, reads every fact.</summary>
    [Test]
    public async Task Results_are_found_by_their_ids([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, fill: Many);
        await new Guard(
            "star_get_keyword_presence", "r.collector_result_id = ANY (candidates) AND ", "(p_collector_result_ids IS NULL OR r.collector_result_id = ANY (p_collector_result_ids)) AND ")
            .RemoveUnlessAsync(guarded, database);
        await using var session = await database.OpenAsync();

        var reads = await ReadsAsync(session, "evidently_schema.star_get_keyword_presence('{3601}')");

        Assert.That(reads["metric_facts"].Fetched, guarded ? Is.LessThanOrEqualTo(1 + OfPlanner) : Is.GreaterThanOrEqualTo(Many.Results));
    }

    /// <summary>The brand is half of what lies between its first fact and its last: that is read in a row, and nothing beyond it.</summary>
    [Test]
    public async Task Facts_that_lie_close_together_are_read_in_a_row([Values] bool guarded)
    {
        await using var database = await CloseAsync();
        await new Guard("star_get_dashboard_metrics", "max(r.id) - min(r.id) < 4 * count(*)", "false").RemoveUnlessAsync(guarded, database);
        var page = await PageAsync(database);
        await using var session = await database.OpenAsync();
        var call = $"get_dashboard_metrics({page.Brand}, {page.Customer}, '2025-03-02Z', 'infinity')";
        var results = await session.ScalarAsync<long>($"SELECT total_responses FROM evidently_schema.legacy_{call}");

        var reads = await ReadsAsync(session, $"evidently_schema.star_{call}");

        foreach (var table in new[] { "brand_metrics", "brand_sentiment" })
        {
            Assert.That(reads[table].FromEndToEnd, Is.Zero, table);
            Assert.That(reads[table].ByIndex, guarded ? Is.LessThanOrEqualTo(OfPlanner) : Is.GreaterThanOrEqualTo(results), table);
            Assert.That(reads[table].Fetched, Is.LessThanOrEqualTo((4 * results) + OfPlanner).And.LessThan(Close.Results), table);
        }
    }

    /// <summary>A policy would be asked about the rows in between, too.</summary>
    [Test]
    public async Task Where_row_security_is_active_the_facts_rows_are_looked_up([Values("brand_metrics", "brand_sentiment")] string table, [Values] bool guarded)
    {
        await using var database = await CloseAsync();
        await database.ExecuteAsync($"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY everybody ON {table} USING (true)");
        await new Guard("star_get_dashboard_metrics", $" AND NOT row_security_active('public.{table}')", string.Empty).RemoveUnlessAsync(guarded, database);
        var page = await PageAsync(database);
        await using var session = await database.OpenAsync();
        var call = $"get_dashboard_metrics({page.Brand}, {page.Customer}, '2025-03-02Z', 'infinity')";
        var results = await session.ScalarAsync<long>($"SELECT total_responses FROM evidently_schema.legacy_{call}");

        var reads = await ReadsAsync(session, $"evidently_schema.star_{call}");

        Assert.That(reads[table].ByIndex, guarded ? Is.GreaterThanOrEqualTo(results) : Is.LessThanOrEqualTo(OfPlanner));
    }

    /// <summary>How a page is read is set for its own statement.</summary>
    [Test]
    public async Task Settings_are_the_callers_again_afterwards([Values("enable_nestloop", "enable_hashjoin")] string setting, [Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        await new Guard("star_get_dashboard_metrics", $" SET {setting} TO 'on'\n", "\n").RemoveUnlessAsync(guarded, database);
        await using var session = await database.OpenAsync("BEGIN");

        await session.ExecuteAsync(
            "SELECT FROM metric_facts AS f CROSS JOIN LATERAL evidently_schema.star_get_dashboard_metrics(f.brand_id, f.customer_id, '-infinity', 'infinity') WHERE f.collector_result_id = 1");

        Assert.That(await session.ScalarAsync<string>($"SELECT current_setting('{setting}')"), Is.EqualTo(guarded ? "on" : "off"));
    }

    private static async Task<StarDatabase> CloseAsync()
    {
        var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, fill: Close);
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '100' WHERE name = 'backfill_batch_size'"); // else the batches of so small a history are nearly all of it
        await Steps.UpAsync(database.ConnectionString, Steps.Routed);
        return database;
    }

    private static string[] Calls(Page page) =>
    [
        $"get_dashboard_metrics({page.Brand}, {page.Customer}, {page.Times})",
        $"get_brand_visibility_metrics({page.Brand}, '2025-02-01', '2025-03-31')",
        $"get_visibility_chart({page.Brand}, {page.Customer}, {page.Times})",
        $"get_competitor_visibility_trend({page.Brand}, 'Competitor 2', {page.Times})",
        $"get_topic_metrics({page.Brand}, {page.Customer}, {page.Times}, '{{claude,gemini}}')",
        $"get_keyword_presence({page.Results})",
        $"get_prompt_metrics({page.Brand}, {page.Customer}, {page.Times})",
        $"get_prompt_metrics({page.Brand}, {page.Customer}, {page.Times}, p_collector_result_ids => {page.Results})",
        $"get_source_metrics({page.Brand}, {page.Results})",
        $"get_source_metrics({page.Brand}, NULL)",
    ];

    /// <summary>A brand, parts of days at both ends, and a day that the daily view does not know yet.</summary>
    private static async Task<Page> PageAsync(StarDatabase database)
    {
        await database.ExecuteAsync("UPDATE extracted_positions SET total_word_count = total_word_count + 1 WHERE collector_result_id = 3601 AND competitor_name IS NULL");
        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in Star.Append("extracted_positions"))
        {
            var brand = table is "metric_facts" or "mv_brand_daily_metrics" or "extracted_positions" ? table : $"{table} JOIN metric_facts AS f ON f.id = metric_fact_id";
            rows.Add(table, await database.ScalarAsync<long>($"SELECT count(*) FROM {brand} WHERE brand_id = (SELECT b.brand_id FROM metric_facts AS b WHERE b.collector_result_id = 3601)"));
        }

        const string OfBrand = "FROM metric_facts WHERE brand_id = (SELECT b.brand_id FROM metric_facts AS b WHERE b.collector_result_id = 3601)";
        var values = await database.ListAsync(
            $"SELECT unnest(ARRAY[min(brand_id::text), min(customer_id::text), array_agg(collector_result_id)::text]) {OfBrand}");
        return new Page($"'{values[0]}'", $"'{values[1]}'", "'2025-02-01 12:00Z', '2025-03-03 06:00Z'", $"'{values[2]}'", rows);
    }

    /// <summary>Of each table that the function reads: how often from end to end, and how many of its rows are fetched.</summary>
    private static async Task<Dictionary<string, Reads>> ReadsAsync(Session session, string call)
    {
        await session.ExecuteAsync("BEGIN");
        var before = await CountedAsync(session);
        Assert.That(await session.ScalarAsync<long>($"SELECT count(*) FROM {call}"), Is.Positive, call);
        var after = await CountedAsync(session);
        await session.ExecuteAsync("ROLLBACK");
        return after
            .Select(table => (Name: table.Key, Reads: table.Value.Since(before.GetValueOrDefault(table.Key, new(0, 0, 0)))))
            .Where(table => table.Reads != new Reads(0, 0, 0))
            .ToDictionary(table => table.Name, table => table.Reads, StringComparer.Ordinal);
    }

    /// <summary>What the server has counted in this session and not yet published.</summary>
    private static async Task<Dictionary<string, Reads>> CountedAsync(Session session)
    {
        var lines = await session.ListAsync(
            """
            SELECT concat_ws(' ', t.relname, t.seq_scan, coalesce(t.idx_scan, 0), t.seq_tup_read + coalesce(t.idx_tup_fetch, 0))
            FROM pg_stat_xact_user_tables AS t WHERE t.schemaname = 'public'
            """);
        return lines.Select(line => line.Split(' ')).ToDictionary(
            words => words[0], words => new Reads(long.Parse(words[1]), long.Parse(words[2]), long.Parse(words[3])), StringComparer.Ordinal);
    }

    private sealed record Reads(long FromEndToEnd, long ByIndex, long Fetched)
    {
        public Reads Since(Reads before) => new(FromEndToEnd - before.FromEndToEnd, ByIndex - before.ByIndex, Fetched - before.Fetched);
    }

    private sealed record Page(string Brand, string Customer, string Times, string Results, IReadOnlyDictionary<string, long> Rows);
}
