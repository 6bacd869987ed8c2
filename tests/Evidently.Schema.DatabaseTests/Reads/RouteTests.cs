using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.DualWrite;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>Who reads what: the choice, its effect at once, the gate before a raise, and the audit trail.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class RouteTests
{
    private const string AnsweredBy = "SELECT current_setting('evidently_schema.answered_by') FROM public.get_source_metrics((SELECT brand_id FROM metric_facts WHERE collector_result_id = 1), '{1,2}')";
    private const string ByKeyword = "SELECT current_setting('evidently_schema.answered_by') FROM public.get_keyword_presence('{1}')";
    private const string Verify = "SELECT count(*) FROM evidently_schema.verify()";

    [Test]
    public async Task A_brand_stays_where_it_is_as_the_percent_rises_and_the_share_is_the_percent()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        var brands = Enumerable.Range(0, 10_000).Select(i => new Guid(i, 7, 7, [1, 2, 3, 4, 5, 6, 7, 8])).ToArray();
        await using var session = await database.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT evidently_schema.read_bucket(b.id) FROM unnest($1) WITH ORDINALITY AS b (id, n) ORDER BY b.n", session.Connection);
        command.Parameters.AddWithValue(brands);
        var buckets = new List<int>();
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                buckets.Add(reader.GetInt32(0));
            }
        }

        // The same in C#, as a host may compute it.
        Assert.That(buckets, Is.EqualTo(brands.Select(brand =>
        {
            var hash = System.Security.Cryptography.SHA256.HashData(brand.ToByteArray(bigEndian: true));
            return ((hash[0] << 16) | (hash[1] << 8) | hash[2]) % 100;
        })));
        foreach (var percent in new[] { 1, 5, 10, 25, 50, 75, 90, 99 })
        {
            Assert.That(buckets.Count(bucket => bucket < percent) / 100.0, Is.EqualTo(percent).Within(1), $"{percent} percent");
        }

        Assert.That(buckets, Is.All.InRange(0, 99));
    }

    [Test]
    public async Task A_call_goes_where_its_brands_bucket_says_at_every_percent()
    {
        await using var database = await RoutedAsync();
        var bucket = await database.ScalarAsync<int>("SELECT evidently_schema.read_bucket(brand_id) FROM metric_facts WHERE collector_result_id = 1");
        await using var session = await database.OpenAsync();

        foreach (var percent in new[] { 0, bucket, bucket + 1, 100 }.Distinct())
        {
            await RouteAsync(database, "source_attribution", percent);
            Assert.That(await session.ScalarAsync<string>(AnsweredBy), Is.EqualTo(percent > bucket ? "star" : "legacy"), $"{percent} percent, bucket {bucket}");
        }
    }

    [Test]
    public async Task Without_a_brand_only_100_percent_reads_the_star()
    {
        await using var database = await RoutedAsync();

        foreach (var (percent, answer) in new[] { (99, "legacy"), (100, "star"), (0, "legacy") })
        {
            await RouteAsync(database, "keywords", percent);
            Assert.That(await database.ScalarAsync<string>(ByKeyword), Is.EqualTo(answer), $"{percent} percent");
        }
    }

    /// <summary>Sessions that have their plans, pooled and prepared, see the next statement routed anew.</summary>
    [Test]
    public async Task A_change_takes_effect_in_every_session_at_once()
    {
        await using var database = await RoutedAsync();
        var sessions = new List<Session>();
        for (var i = 0; i < 4; i++)
        {
            sessions.Add(await database.OpenAsync($"PREPARE p AS {AnsweredBy}; EXECUTE p; EXECUTE p"));
        }

        foreach (var percent in new[] { 100, 0, 100, 0 })
        {
            await RouteAsync(database, "source_attribution", percent);
            foreach (var session in sessions)
            {
                Assert.That(await session.ScalarAsync<string>("EXECUTE p"), Is.EqualTo(percent == 100 ? "star" : "legacy"));
            }
        }

        foreach (var session in sessions)
        {
            await session.DisposeAsync();
        }
    }

    [TestCase("capture", "legacy")]
    [TestCase("off", "legacy")]
    [TestCase("sync", "star")]
    [TestCase("strict", "star")]
    public async Task Outside_sync_and_strict_every_route_answers_legacy(string mode, string answer)
    {
        await using var database = await RoutedAsync(100);
        await SyncDatabase.SetModeAsync(database, mode);

        Assert.That(await database.ScalarAsync<string>(AnsweredBy), Is.EqualTo(answer));
        Assert.That(await database.ScalarAsync<string>(ByKeyword), Is.EqualTo(answer));
    }

    /// <summary>Brand of result 1; result 2 is of the other brand.</summary>
    [TestCase("result", "collector_result_id", "1", "legacy", "star")]
    [TestCase("collector_result", "collector_result_id", "1", "legacy", "star")]
    [TestCase("brand", "key", "(SELECT brand_id FROM metric_facts WHERE collector_result_id = 1)", "legacy", "star")]
    [TestCase("competitor", "key", "(SELECT brand_id || '/x' FROM metric_facts WHERE collector_result_id = 1)", "legacy", "star")]
    [TestCase("query", "key", "(SELECT query_id FROM metric_facts WHERE collector_result_id = 1)", "legacy", "star")]
    [TestCase("customer", "key", "(SELECT customer_id FROM metric_facts WHERE collector_result_id = 1)", "legacy", "star")]
    [TestCase("all", "key", "NULL", "legacy", "legacy")]
    [TestCase("row", "key", "'17'", "star", "star")]
    public async Task A_brand_with_a_visible_note_is_read_from_legacy_and_no_other_is(string kind, string column, string value, string ofNoted, string ofOther)
    {
        await using var database = await RoutedAsync(100);
        await database.ExecuteAsync($"INSERT INTO evidently_schema.change_notes (kind, {column}) VALUES ('{kind}', {value})");

        Assert.That(await database.ScalarAsync<string>(AnsweredBy), Is.EqualTo(ofNoted));
        Assert.That(await database.ScalarAsync<string>(AnsweredBy.Replace("= 1)", "= 2)", StringComparison.Ordinal)), Is.EqualTo(ofOther), "the other brand");
        Assert.That(await database.ScalarAsync<string>(ByKeyword), Is.EqualTo(ofNoted));

        await database.ExecuteAsync("DELETE FROM evidently_schema.change_notes");
        Assert.That(await database.ScalarAsync<string>(AnsweredBy), Is.EqualTo("star"));
    }

    /// <summary>The star still has the result under its old brand; legacy has it under the new one.</summary>
    [Test]
    public async Task A_result_that_has_changed_its_brand_and_is_only_noted_takes_both_brands_to_legacy()
    {
        await using var database = await RoutedAsync(100);
        await using var session = await database.OpenAsync();
        await session.ExecuteAsync("BEGIN ISOLATION LEVEL REPEATABLE READ"); // above READ COMMITTED sync only notes
        await session.ExecuteAsync("UPDATE extracted_positions SET brand_id = (SELECT brand_id FROM metric_facts WHERE collector_result_id = 2) WHERE collector_result_id = 1");
        await session.ExecuteAsync("COMMIT");
        Assert.That(await SyncDatabase.NotesAsync(database), Is.Positive);

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM (SELECT DISTINCT brand_id FROM metric_facts) AS b WHERE evidently_schema.is_noted(b.brand_id, NULL)"), Is.EqualTo(2));
    }

    /// <summary>A rejected result that a parent's note may bring back belongs to the brand its rows name.</summary>
    [Test]
    public async Task A_rejected_result_whose_parent_is_noted_takes_its_brand_to_legacy()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, new Evidently.Schema.Testing.LegacyVariant { ForeignKeys = false });
        await database.ExecuteAsync("DELETE FROM collector_results WHERE id = 1");
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        await database.ExecuteAsync($"{Verify}");
        await RouteAsync(database, "topics", 100);
        const string OfBrand = "SELECT evidently_schema.reads_star('topics', (SELECT brand_id FROM extracted_positions WHERE collector_result_id = {0} LIMIT 1), NULL, current_user)";
        Assert.That(await database.ScalarAsync<bool>(OfBrand.Replace("{0}", "1", StringComparison.Ordinal)), Is.True);

        await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, key) VALUES ('query', gen_random_uuid())");

        Assert.That(await database.ScalarAsync<bool>(OfBrand.Replace("{0}", "1", StringComparison.Ordinal)), Is.False);
        Assert.That(await database.ScalarAsync<bool>(OfBrand.Replace("{0}", "2", StringComparison.Ordinal)), Is.True, "the other brand");
    }

    [Test]
    public async Task Beyond_a_thousand_notes_every_brand_is_read_from_legacy()
    {
        await using var database = await RoutedAsync(100);
        await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, collector_result_id) SELECT 'result', 1000000 + g FROM generate_series(1, 1000) AS g");
        Assert.That(await database.ScalarAsync<string>(AnsweredBy), Is.EqualTo("star"));

        await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, collector_result_id) VALUES ('result', 999999)");

        Assert.That(await database.ScalarAsync<string>(AnsweredBy), Is.EqualTo("legacy"));
    }

    /// <summary>The plan's canary, as docs/reads.md walks through it.</summary>
    [Test]
    public async Task The_canary_goes_off_10_50_100_and_back()
    {
        await using var database = await RoutedAsync();
        await using var session = await database.OpenAsync();
        var brands = await database.ListAsync("SELECT DISTINCT brand_id FROM metric_facts");
        var answers = new List<string>();
        foreach (var percent in new[] { 0, 10, 50, 100, 50, 0 })
        {
            await RouteAsync(database, "dashboard", percent);
            var onStar = 0;
            foreach (var brand in brands)
            {
                var answer = await session.ScalarAsync<string>(
                    $"SELECT t::text FROM public.get_dashboard_metrics('{brand}', (SELECT min(customer_id::text)::uuid FROM extracted_positions WHERE brand_id = '{brand}'), '-infinity', 'infinity') AS t");
                answers.Add($"{brand} {answer}");
                onStar += await session.ScalarAsync<bool>($"SELECT current_setting('evidently_schema.answered_by') = 'star' FROM public.get_dashboard_metrics('{brand}', '{brand}', '-infinity', 'infinity')") ? 1 : 0;
            }

            Assert.That(onStar, Is.EqualTo(await database.ScalarAsync<long>($"SELECT count(*) FROM (SELECT DISTINCT brand_id FROM metric_facts) AS b WHERE evidently_schema.read_bucket(b.brand_id) < {percent}")), $"{percent} percent");
        }

        Assert.That(answers.Distinct(StringComparer.Ordinal).Count(), Is.EqualTo(brands.Count), "a brand's figures do not depend on the route");
    }

    internal static Task RouteAsync(StarDatabase database, string service, int percent) =>
        database.ExecuteAsync($"UPDATE evidently_schema.read_routes SET star_percent = {percent} WHERE service = '{service}'");

    internal static async Task<StarDatabase> RoutedAsync(int percent = 0)
    {
        var database = await StarDatabase.CreateAsync(Steps.Routed);
        await database.ExecuteAsync(Verify);
        await database.ExecuteAsync($"UPDATE evidently_schema.read_routes SET star_percent = {percent}");
        return database;
    }
}
