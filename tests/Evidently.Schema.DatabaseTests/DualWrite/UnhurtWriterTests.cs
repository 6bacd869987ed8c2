using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>Writers of every kind write as before, and the star follows: whoever they are, whatever their session is set to.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class UnhurtWriterTests
{
    private const string Update = "UPDATE public.extracted_positions SET visibility_index = 0.42, topic = 'changed' WHERE collector_result_id = 1";

    /// <summary>As PostgREST does it: one login, SET LOCAL ROLE for each request.</summary>
    [Test]
    public async Task A_role_with_rights_on_legacy_alone_writes_and_the_star_follows([Values] bool login, [Values("sync", "strict")] string mode)
    {
        var role = $"writer_{Guid.NewGuid():N}";
        await using var database = await SyncDatabase.CreateAsync(mode);
        await Sql.ExecuteAsync(
            database.AdminConnectionString,
            $"CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT SELECT, INSERT, UPDATE, DELETE ON extracted_positions TO {role}");
        try
        {
            var own = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "x" }.ConnectionString;
            await using (var session = await Session.OpenAsync(login ? own : database.AdminConnectionString))
            {
                await session.ExecuteAsync(login ? "BEGIN" : $"BEGIN; SET LOCAL ROLE {role}");
                await session.ExecuteAsync(Update);
                await session.ExecuteAsync(SyncDatabase.BrandRow);
                await session.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id = 2");
                await session.ExecuteAsync("COMMIT");
                Assert.That((await Assert.CatchAsync<PostgresException>(() => session.ExecuteAsync(login ? "SELECT * FROM metric_facts" : $"SET ROLE {role}; SELECT * FROM metric_facts")))!.SqlState, Is.EqualTo("42501"));
            }

            await database.AssertInStepAsync();
        }
        finally
        {
            await Sql.ExecuteAsync(database.AdminConnectionString, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [TestCase("SET search_path = ''")]
    [TestCase("SET search_path = hostile, pg_catalog, public")]
    [TestCase("SET search_path = hostile, public")]
    [TestCase("SET lock_timeout = 1")]
    [TestCase("SET statement_timeout = '10s'")]
    [TestCase("SET plpgsql.extra_errors = 'all'")]
    [TestCase("SET enable_indexscan = off; SET enable_hashjoin = off; SET enable_material = off")]
    [TestCase("SET default_transaction_isolation = 'read uncommitted'")]
    [TestCase("SET IntervalStyle = 'sql_standard'; SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET extra_float_digits = -15; SET statement_timeout = '1min'")]
    [TestCase("SET quote_all_identifiers = on; SET transform_null_equals = on; SET array_nulls = off; SET bytea_output = 'escape'")]
    public async Task A_session_set_to_anything_writes_and_the_star_follows(string settings)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync(
            """
            CREATE SCHEMA hostile;
            CREATE FUNCTION hostile.current_setting(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''hostile''; END';
            CREATE FUNCTION hostile.sync_results(bigint[], boolean) RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''hostile''; END';
            CREATE FUNCTION hostile.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''hostile''; END';
            CREATE FUNCTION hostile.is_same(numeric, numeric) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''hostile''; END';
            CREATE OPERATOR hostile.= (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = hostile.is_same);
            CREATE TABLE hostile.settings (name text, value text);
            CREATE TABLE hostile.metric_facts (id text);
            """);
        await using var session = await database.OpenAsync(settings);

        await session.ExecuteAsync("CREATE TEMP TABLE metric_facts (id text); CREATE TEMP TABLE change_notes (id text)");
        await session.ExecuteAsync(Update);
        await session.ExecuteAsync("INSERT INTO public.extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, visibility_index) SELECT 100, brand_id, customer_id, query_id, 'new', 0.5 FROM public.extracted_positions WHERE collector_result_id OPERATOR(pg_catalog.=) 2 AND competitor_name IS NULL");
        await session.ExecuteAsync("DELETE FROM public.extracted_positions WHERE collector_result_id = 3");

        await database.AssertInStepAsync();
    }

    /// <summary>Guard: <see cref="SyncGuard.TimeLeft"/>: the trigger projects only when 100 ms are left; a statement with less is noted and not cancelled.</summary>
    [Test]
    public async Task A_writer_whose_statement_timeout_leaves_too_little_is_noted(
        [Values("SET statement_timeout = '90ms'", "SET statement_timeout = '90ms'; SET lock_timeout = '1ms'")] string settings, [Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync("strict");
        await SyncGuard.TimeLeft.RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync();
        await writer.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.41 WHERE collector_result_id = 2");
        await writer.ExecuteAsync(settings);

        // a loaded machine may not be done within the timeout, and would not have been without us
        await Eventually.Holds(
            async () =>
            {
                try
                {
                    return await writer.ExecuteAsync(Update) > 0;
                }
                catch (PostgresException problem) when (problem.SqlState is PostgresErrorCodes.QueryCanceled)
                {
                    return false;
                }
            },
            "the writer is done in time");

        Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(guarded ? 1 : 0));
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task A_statement_that_is_cancelled_in_the_middle_of_the_trigger_is_the_writer_s_own_failure_and_leaves_nothing()
    {
        await using var database = await SyncDatabase.CreateAsync();
        await using var gate = await Gate.CloseAsync(database);
        await using var writer = await gate.WorkerAsync();
        var writing = await writer.StartsWaitingAsync(database, Update);

        await database.ExecuteAsync($"SELECT pg_cancel_backend({writer.Pid})");

        var cancelled = await Assert.CatchAsync<PostgresException>(() => writing);
        Assert.That(cancelled!.SqlState, Is.EqualTo(PostgresErrorCodes.QueryCanceled));
        await database.AssertInStepAsync();
    }

    /// <summary>Guard: <see cref="SyncGuard.FewResults"/>.</summary>
    [Test]
    public async Task More_results_than_64_in_one_statement_are_noted_and_64_are_projected([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await SyncGuard.FewResults.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("INSERT INTO collector_results (id) SELECT * FROM generate_series(1001, 2200)");
        const string Many =
            "INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index)"
            + " SELECT g, brand_id, customer_id, query_id, 'many', competitor_name, 0.5 FROM extracted_positions CROSS JOIN generate_series({0}) AS g WHERE collector_result_id = 1";

        await database.ExecuteAsync(Many.Replace("{0}", "2101, 2164", StringComparison.Ordinal));
        await database.AssertInStepAsync();
        await database.ExecuteAsync(Many.Replace("{0}", "1001, 2000", StringComparison.Ordinal));

        Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(guarded ? 1000 : 0));
        await database.AssertDrainedAsync(guarded: true);
        await database.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id > 1000");
        Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(guarded ? 1064 : 0));
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task Copy_is_followed([Values(16, 200)] int results)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync("INSERT INTO collector_results (id) SELECT * FROM generate_series(1001, 2200)");
        await using var writer = await database.OpenAsync();
        var brand = (await writer.ListAsync("SELECT brand_id || ',' || customer_id || ',' || query_id FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL"))[0].Split(',');

        await using (var copy = await writer.Connection.BeginBinaryImportAsync("COPY extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name) FROM STDIN (FORMAT binary)"))
        {
            for (long result = 1001; result < 1001 + results; result++)
            {
                foreach (var name in new[] { null, "Competitor 1", "Competitor 2", "Nobody" })
                {
                    await copy.WriteRowAsync(CancellationToken.None, result, Guid.Parse(brand[0]), Guid.Parse(brand[1]), Guid.Parse(brand[2]), "copied", (object?)name ?? DBNull.Value);
                }
            }

            await copy.CompleteAsync();
        }

        Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(results > 64 ? results : 0));
        await database.AssertDrainedAsync(guarded: true);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts WHERE collector_type = 'copied'"), Is.EqualTo(results));
    }

    /// <summary>A prepared transaction holds its stripes until it is committed, perhaps by another session, also after a restart.</summary>
    [Test]
    public async Task A_prepared_transaction_is_followed_when_it_is_committed([Values] bool commit)
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_prepared_transactions"] = "5" },
        });
        await using var legacy = await LegacyDatabase.CreateAsync(server);
        await legacy.FillAsync(StarDatabase.Few);
        await Steps.UpAsync(legacy.ConnectionString, Steps.Synced);
        await using var database = StarDatabase.Of(legacy);
        await using (var writer = await database.OpenAsync("BEGIN"))
        {
            await writer.ExecuteAsync(Update);
            await writer.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id = 3");
            await writer.ExecuteAsync("PREPARE TRANSACTION 'later'");
        }

        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index_competitor = 0.3 WHERE collector_result_id = 2");
        await database.ExecuteAsync("INSERT INTO extracted_positions (collector_result_id, brand_id, competitor_name) SELECT 3, brand_id, 'Competitor 1' FROM extracted_positions WHERE collector_result_id = 4 AND competitor_name IS NULL");
        Assert.That(await database.ListAsync("SELECT last_error FROM evidently_schema.change_notes"), Is.EqualTo(new[] { "stripe was busy" }));
        await database.ExecuteAsync(commit ? "COMMIT PREPARED 'later'" : "ROLLBACK PREPARED 'later'");

        await database.AssertDrainedAsync(guarded: true);
    }
}
