using Evidently.Schema.Hosting;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// A host has functions in public that fit our calls better than the server's own, whose arguments are of any type. They must not run
/// with the rights of who migrates, nor become part of what we make.
/// </summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class HostFunctionTests
{
    /// <summary>Each works as the server's does, and counts its calls, also those of a transaction that is rolled back.</summary>
    private const string Install =
        """
        DO $$
        DECLARE
            made record;
        BEGIN
            PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true); -- or this would be the first to call them
            CREATE SEQUENCE public.calls;
            GRANT ALL ON SEQUENCE public.calls TO PUBLIC;
            FOR made IN
                SELECT 'format' AS name, s.types, 'text' AS returns FROM (VALUES ('text'), ('text, text'), ('text, text, text'), ('text, text, text, text'),
                    ('name'), ('name, regclass'), ('regclass'), ('text, name'), ('text, integer, interval'), ('interval'), ('text, text, interval'),
                    ('bigint, interval'), ('bigint[], text, interval'), ('text, bigint, bigint, bigint'), ('bigint, bigint, bigint, bigint'),
                    ('integer, text, text, text')) AS s (types)
                UNION ALL
                SELECT 'concat_ws', rtrim(repeat('text, ', n), ', '), 'text' FROM generate_series(1, 9) AS n
            LOOP
                EXECUTE format($f$CREATE FUNCTION public.%s(text, %s) RETURNS text LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_catalog.nextval(''public.calls''); RETURN pg_catalog.%1$s($1, %3$s); END'$f$, made.name, made.types,
                    (SELECT string_agg('$' || n + 1, ', ') FROM generate_series(1, cardinality(string_to_array(made.types, ', '))) AS n));
            END LOOP;
            FOR made IN SELECT t.name FROM (VALUES ('text'), ('bigint')) AS t (name) LOOP
                EXECUTE format($f$CREATE FUNCTION public.cardinality(%1$s[]) RETURNS integer LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_catalog.nextval(''public.calls''); RETURN pg_catalog.cardinality($1); END'$f$, made.name);
                EXECUTE format($f$CREATE FUNCTION public.unnest(%1$s[]) RETURNS SETOF %1$s LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_catalog.nextval(''public.calls''); RETURN QUERY SELECT * FROM pg_catalog.unnest($1); END'$f$, made.name);
                EXECUTE format($f$CREATE FUNCTION public.append(%1$s[], %1$s) RETURNS %1$s[] LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_catalog.nextval(''public.calls''); RETURN pg_catalog.array_append($1, $2); END'$f$, made.name);
                EXECUTE format('CREATE AGGREGATE public.array_agg(%1$s) (SFUNC = public.append, STYPE = %1$s[])', made.name);
            END LOOP;
            CREATE FUNCTION public.array_to_string(text[], text) RETURNS text LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_catalog.nextval(''public.calls''); RETURN pg_catalog.array_to_string($1, $2); END';
        END $$
        """;

    private const string Called = "SELECT is_called FROM public.calls";

    /// <summary>What of ours depends on a function of the host, by the server's own account.</summary>
    private const string Dependents =
        """
        SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend AS d JOIN pg_proc AS p ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname IN ('format', 'concat_ws', 'cardinality', 'unnest', 'array_agg', 'array_to_string')
            AND d.classid <> 'pg_proc'::regclass
        """;

    /// <summary>Guards: the five tests below, each of which removes one.</summary>
    [Test]
    public async Task No_function_of_the_host_is_called_by_any_phase_forward_refused_or_back()
    {
        await using var database = await WithHostFunctionsAsync(0);
        await database.ExecuteAsync("ALTER TABLE customers RENAME TO hidden");
        await AssertRefusedAsync(() => database.MigrateAsync(Phase.Backfill), SchemaError.RequirementNotMet);
        await database.ExecuteAsync("ALTER TABLE hidden RENAME TO customers");
        await using (var holder = await database.OpenAsync("BEGIN; UPDATE brands SET name = name"))
        {
            await AssertRefusedAsync(() => database.MigrateAsync(Phase.Create, "-c evidently_schema.lock_patience=0s"), SchemaError.LockTimeout);
        }

        await database.MigrateAsync(Phase.Backfill);
        await FinishStuckAsync(database);
        await database.ExecuteAsync("CALL evidently_schema.backfill()");
        await database.ExecuteAsync("SELECT * FROM evidently_schema.verify(); SELECT evidently_schema.repair(); SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();

        Assert.That(await database.ListAsync(Dependents), Is.Empty);
        Assert.That(await database.ScalarAsync<bool>(Called), Is.False);
        await database.RollbackAsync(Phase.None);
        Assert.That(await database.ScalarAsync<bool>(Called), Is.False);
    }

    /// <summary>Guard removed: <see cref="Guard.PinnedStep"/>.</summary>
    [Test]
    public async Task Without_the_pinned_search_path_of_steps_they_become_part_of_the_projection()
    {
        await using var database = await WithHostFunctionsAsync(101);
        await Guard.PinnedStep.RemoveAsync(database);

        await Steps.UpAsync(database.ConnectionString, 203);

        Assert.That(await database.ListAsync(Dependents), Is.Not.Empty);
        Assert.That(await database.ScalarAsync<bool>(Called));
    }

    /// <summary>Guard removed: <see cref="Guard.QualifiedStep"/>.</summary>
    [Test]
    public async Task Without_qualified_names_in_step_they_run_as_the_owner()
    {
        await using var database = await WithHostFunctionsAsync(101);
        await Guard.QualifiedStep.RemoveAsync(database);

        await Steps.UpAsync(database.ConnectionString, 102);

        Assert.That(await database.ScalarAsync<bool>(Called));
    }

    /// <summary>Guards removed: <see cref="Guard.QualifiedFinish"/> and <see cref="Guard.QualifiedExamples"/>.</summary>
    [Test]
    public async Task Without_qualified_names_in_finish_backfill_they_run_as_the_owner([Values] bool examples)
    {
        await using var database = await WithHostFunctionsAsync(Steps.Finished);
        await (examples ? Guard.QualifiedExamples : Guard.QualifiedFinish).RemoveAsync(database);

        await FinishStuckAsync(database);

        Assert.That(await database.ScalarAsync<bool>(Called));
    }

    /// <summary>Guard removed: the pinned search_path of M101_Requirements.sql.</summary>
    [Test]
    public async Task Without_the_pinned_search_path_of_the_first_check_they_run_as_the_owner()
    {
        const string Pinned = "PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);";
        var requirements = Steps.Sql("M101_Requirements.sql");
        Assert.That(requirements, Does.Contain(Pinned), "the guard is no longer where this test looks for it");
        await using var database = await WithHostFunctionsAsync(0);
        await database.ExecuteAsync("CREATE SCHEMA evidently_schema");
        await database.ExecuteAsync(requirements);
        Assert.That(await database.ScalarAsync<bool>(Called), Is.False);

        await database.ExecuteAsync(requirements.Replace(Pinned, string.Empty, StringComparison.Ordinal));

        Assert.That(await database.ScalarAsync<bool>(Called));
    }

    private static async Task<StarDatabase> WithHostFunctionsAsync(long version)
    {
        var database = await StarDatabase.CreateAsync(version);
        await Sql.ExecuteAsync(database.AdminConnectionString, Install);
        Assert.That(await database.ScalarAsync<bool>(Called), Is.False);
        return database;
    }

    /// <summary>The end of the backfill refuses, because a noted result's stripe is busy.</summary>
    private static async Task FinishStuckAsync(StarDatabase database)
    {
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.42 WHERE collector_result_id = 1");
        await using var holder = await database.OpenAsync("BEGIN; SELECT pg_try_advisory_xact_lock(1702259053, 1)");
        await using var session = await database.OpenAsync("SET evidently_schema.drain_patience = '1s'");
        var refusal = (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => session.ExecuteAsync("CALL evidently_schema.finish_backfill()")))!;
        Assert.That(refusal.SqlState, Is.EqualTo("EV006"), refusal.MessageText);
    }

    private static async Task AssertRefusedAsync(Func<Task> migration, SchemaError error)
    {
        var refusal = (await Assert.ThrowsAsync<SchemaException>(() => migration()))!;
        Assert.That(refusal.Error, Is.EqualTo(error), refusal.Message);
    }
}
