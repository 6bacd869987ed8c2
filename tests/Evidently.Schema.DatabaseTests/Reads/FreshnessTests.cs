using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.DualWrite;
using Evidently.Schema.DatabaseTests.Model;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>The star's answers are never staler than legacy's, whenever the daily view was refreshed.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class FreshnessTests
{
    private const string Refresh = "SELECT public.refresh_mv_brand_daily_metrics()";
    private static readonly string[] Days = ["2025-02-27", "2025-02-28", "2025-03-01", "2025-03-02"];

    /// <summary>Random writes of every kind, some of days long past, with refreshes in between, some of them rolled back; asked after each.</summary>
    [Test]
    public async Task Every_page_is_as_fresh_as_legacy_after_every_write_and_refresh([Range(1, 4)] int seed)
    {
        var random = new Random(seed);
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, fill: null);
        await database.ExecuteAsync(World.Parents);
        await database.ExecuteAsync(World.History);
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        await using var writer = await database.OpenAsync();
        await using var reader = await database.OpenAsync();
        for (var step = 0; step < 60; step++)
        {
            var statement = Statement(random);
            await writer.ExecuteAsync(statement);
            if (await SyncDatabase.NotesAsync(database) > 0)
            {
                await database.ExecuteAsync("CALL evidently_schema.drain(30)"); // a noted brand is read from legacy; here the star alone is asked
            }

            var calls = new[] { World.BrandOne, World.BrandTwo }.SelectMany(brand => new ReadCall[]
            {
                new("get_brand_visibility_metrics", brand, From: "-Infinity", To: "Infinity"),
                new("get_brand_visibility_metrics", brand, From: Epoch(Days[1]), To: Epoch(Days[2])),
                new("get_visibility_chart", brand, World.CustomerOne, Epoch(Days[random.Next(4)]), Epoch(Days[random.Next(4)]) + ".5"),
                new("get_dashboard_metrics", brand, World.CustomerOne, Epoch(Days[0]), "Infinity"),
                new("get_topic_metrics", brand, World.CustomerOne, Epoch(Days[0]), "Infinity"),
            });
            await ReadOracle.AssertAlikeAsync(reader.Connection, calls, $"seed {seed}, step {step}, after {statement}");
        }
    }

    /// <summary>Two writers and a refresher at work; each answer of both versions is of one statement, one snapshot.</summary>
    [Test]
    public async Task At_every_snapshot_a_brand_without_visible_notes_is_answered_alike_while_others_write()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, fill: null);
        await database.ExecuteAsync(World.Parents);
        await database.ExecuteAsync(World.History);
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        using var stop = new CancellationTokenSource();
        var writing = Enumerable.Range(1, 2).Select(seed => WriteAsync(database, new Random(seed), stop.Token)).ToArray();
        await using var reader = await database.OpenAsync();
        var compared = 0;
        try
        {
            for (var round = 0; compared < 300 && round < 3000; round++)
            {
                var brand = round % 2 == 0 ? World.BrandOne : World.BrandTwo;
                ReadCall call = (round % 3) switch
                {
                    0 => new("get_brand_visibility_metrics", brand, From: "-Infinity", To: "Infinity"),
                    1 => new("get_visibility_chart", brand, World.CustomerOne, Epoch(Days[1]), Epoch(Days[3]) + ".5"),
                    _ => new("get_prompt_metrics", brand, World.CustomerOne, Epoch(Days[0]), "Infinity"),
                };
                var answer = await reader.ScalarAsync<string>(
                    $"""
                    SELECT CASE WHEN evidently_schema.is_noted('{brand}', NULL) THEN 'noted' WHEN l.rows IS NOT DISTINCT FROM s.rows THEN 'alike' ELSE concat_ws(E'\n against \n', l.rows, s.rows) END
                    FROM (SELECT string_agg(t::text, '|') AS rows FROM evidently_schema.legacy_{call.Name}({call.Arguments}) AS t) AS l
                    CROSS JOIN (SELECT string_agg(t::text, '|') AS rows FROM evidently_schema.star_{call.Name}({call.Arguments}) AS t) AS s
                    """);
                Assert.That(answer, Is.EqualTo("noted").Or.EqualTo("alike"), call.ToString());
                compared += answer is "alike" ? 1 : 0;
                if (answer is "noted")
                {
                    await database.ExecuteAsync("CALL evidently_schema.drain(1)");
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(writing);
        }

        Assert.That(compared, Is.EqualTo(300), "snapshots without notes");
    }

    /// <summary>A session that has begun to refresh holds the days it read; what another session commits meanwhile is listed and computed live.</summary>
    [Test]
    public async Task What_commits_while_a_refresh_is_open_is_in_the_next_answer()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        var brand = await database.ScalarAsync<Guid>("SELECT brand_id FROM metric_facts WHERE collector_result_id = 1");
        ReadCall[] calls = [new("get_brand_visibility_metrics", brand.ToString(), From: "-Infinity", To: "Infinity")];
        await using var reader = await database.OpenAsync();
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.11 WHERE collector_result_id = 1");
        await using var refreshing = await database.OpenAsync($"BEGIN; {Refresh}");

        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.22 WHERE collector_result_id = 1");
        await ReadOracle.AssertAlikeAsync(reader.Connection, calls, "while the refresh is open");
        await refreshing.ExecuteAsync("COMMIT");
        await ReadOracle.AssertAlikeAsync(reader.Connection, calls, "after it has committed");
        await database.ExecuteAsync(Refresh);
        await ReadOracle.AssertAlikeAsync(reader.Connection, calls, "after the next");
    }

    /// <summary>Guard: the days touched since the refresh are computed live.</summary>
    [Test]
    public async Task A_touched_day_is_computed_live([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        await database.ExecuteAsync(Refresh);
        await new Guard("star_get_brand_visibility_metrics", "WHERE t.brand_id = p_brand_id AND t.metric_date BETWEEN p_start_date AND p_end_date) AS metric_date", "WHERE false) AS metric_date").RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.11 WHERE collector_result_id = 1");

        Assert.That(await DailyAsync(database, "star"), guarded ? Is.EqualTo(await DailyAsync(database, "legacy")) : Is.Not.EqualTo(await DailyAsync(database, "legacy")));
    }

    [Test]
    public async Task After_a_TRUNCATE_of_the_star_and_over_an_empty_view_every_day_is_computed_live([Values] bool truncated)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        await database.ExecuteAsync(truncated
            ? "TRUNCATE metric_facts CASCADE; INSERT INTO evidently_schema.change_notes (kind, collector_result_id) SELECT 'result', id FROM collector_results"
            : "REFRESH MATERIALIZED VIEW mv_brand_daily_metrics WITH NO DATA");
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");

        Assert.That(await DailyAsync(database, "star"), Is.EqualTo(await DailyAsync(database, "legacy")).And.Not.Empty);
    }

    private static async Task WriteAsync(StarDatabase database, Random random, CancellationToken stop)
    {
        await using var session = await database.OpenAsync();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await session.ExecuteAsync(Statement(random));
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DeadlockDetected)
            {
                await session.ExecuteAsync("ROLLBACK"); // two writers of legacy rows in opposite orders: as it was before us
            }
        }
    }

    private static async Task<string?> DailyAsync(StarDatabase database, string version) => await database.ScalarAsync<string>(
        $"SELECT string_agg(t::text, '|') FROM evidently_schema.{version}_get_brand_visibility_metrics((SELECT brand_id FROM extracted_positions WHERE collector_result_id = 1 LIMIT 1), '2000-01-01', '2100-01-01') AS t");

    private static string Epoch(string day) => new DateTimeOffset(DateTime.Parse(day, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Statement(Random random)
    {
        var result = random.Next(1, World.Results + 1);
        var brand = random.Next(3) == 0 ? World.BrandTwo : World.BrandOne;
        var day = Days[random.Next(Days.Length)];
        return random.Next(9) switch
        {
            0 or 1 =>
                $"""
                DELETE FROM extracted_positions WHERE collector_result_id = {result};
                INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, processed_at, created_at, visibility_index, visibility_index_competitor, topic)
                SELECT {result}, '{brand}', '{World.CustomerOne}', '{World.QueryOne}', 'chatgpt', n.name, '{day} 2{random.Next(4)}:30Z', '{day} 10:00Z', 0.{random.Next(10, 99)}, 0.5, 'T{random.Next(3)}'
                FROM (VALUES (NULL), ('Acme'), ('Coda')) AS n (name)
                """,
            2 => $"UPDATE extracted_positions SET sentiment_label = 'POSITIVE', sentiment_score = {random.Next(1, 100)} WHERE collector_result_id = {result} AND competitor_name IS NULL",
            3 => $"UPDATE extracted_positions SET processed_at = '{day} 23:59:59.999999Z' WHERE collector_result_id = {result}",
            4 => $"DELETE FROM extracted_positions WHERE collector_result_id = {result}",
            5 => $"UPDATE extracted_positions SET brand_id = '{brand}', customer_id = {(random.Next(2) == 0 ? "NULL" : $"'{World.CustomerOne}'")} WHERE collector_result_id = {result}",
            6 => Refresh,
            7 => $"BEGIN; {Refresh}; ROLLBACK",
            _ => $"BEGIN; UPDATE extracted_positions SET visibility_index = 0.{random.Next(10, 99)} WHERE collector_result_id = {result}; {Refresh}; UPDATE extracted_positions SET share_of_answers_brand = {random.Next(100)} WHERE collector_result_id = {result}; COMMIT",
        };
    }
}
