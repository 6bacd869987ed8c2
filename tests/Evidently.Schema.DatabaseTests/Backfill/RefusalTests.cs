using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>A step that is refused has changed nothing; only our empty schema and its version table may be there.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class RefusalTests
{
    private const string TextScore = "ALTER TABLE extracted_positions ALTER sentiment_score TYPE text";
    private const string NullableId = "ALTER TABLE extracted_positions DROP CONSTRAINT extracted_positions_pkey, ALTER id DROP IDENTITY, ALTER id DROP NOT NULL, ADD UNIQUE (id)";
    private const string Child = "CREATE TABLE child () INHERITS (extracted_positions)";
    private const string AnyCase = "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false); ALTER TABLE ";
    private const string OfAnyCase = " ALTER competitor_name TYPE text COLLATE any_case";

    private const string Partition =
        "ALTER TABLE extracted_positions RENAME TO before; CREATE TABLE extracted_positions (LIKE before INCLUDING ALL) PARTITION BY HASH (id);"
        + " CREATE TABLE part PARTITION OF extracted_positions FOR VALUES WITH (MODULUS 1, REMAINDER 0)";

    [TestCase("DROP TABLE brand_competitors CASCADE", SchemaError.RequirementNotMet, "table public.brand_competitors is missing")]
    [TestCase("DROP TABLE extracted_positions", SchemaError.RequirementNotMet, "table public.extracted_positions is missing")]
    [TestCase("ALTER TABLE extracted_positions DROP COLUMN total_word_count", SchemaError.RequirementNotMet, "column public.extracted_positions.total_word_count is missing")]
    [TestCase("ALTER TABLE extracted_positions ALTER total_word_count TYPE text", SchemaError.RequirementNotMet, "total_word_count is text, expected smallint, integer")]
    [TestCase("ALTER TABLE extracted_positions ALTER brand_positions TYPE text", SchemaError.RequirementNotMet, "brand_positions is text, expected integer[], jsonb")]
    [TestCase("ALTER TABLE extracted_positions RENAME TO hidden; CREATE VIEW extracted_positions AS SELECT * FROM hidden", SchemaError.RequirementNotMet, "public.extracted_positions is not a table")]
    [TestCase("ALTER TABLE brand_competitors DROP CONSTRAINT brand_competitors_brand_id_competitor_name_key", SchemaError.RequirementNotMet, "public.brand_competitors has no unique key on (brand_id, competitor_name)")]
    [TestCase("ALTER TABLE extracted_positions DROP CONSTRAINT extracted_positions_pkey", SchemaError.RequirementNotMet, "public.extracted_positions has no unique key on (id)")]
    [TestCase(TextScore, SchemaError.RequirementNotMet, "column public.extracted_positions.sentiment_score is text, expected numeric, double precision, real")]
    [TestCase(NullableId, SchemaError.RequirementNotMet, "public.extracted_positions.id may be NULL")]
    [TestCase(Child, SchemaError.RequirementNotMet, "public.extracted_positions has the child table or partition")]
    [TestCase(Partition, SchemaError.RequirementNotMet, "public.extracted_positions has the child table or partition")]
    [TestCase(AnyCase + "brand_competitors" + OfAnyCase, SchemaError.RequirementNotMet, "the collation of public.brand_competitors.competitor_name takes different names for the same")]
    [TestCase(AnyCase + "extracted_positions" + OfAnyCase, SchemaError.RequirementNotMet, "the collation of public.extracted_positions.competitor_name takes different names for the same")]
    [TestCase("ALTER TABLE brands FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY", SchemaError.MissingRights, "row security hides rows of public.brands")]
    [TestCase("CREATE TABLE brand_metrics (x integer)", SchemaError.WrongState, "public.brand_metrics exists already")]
    [TestCase("CREATE VIEW mv_brand_daily_metrics AS SELECT 1", SchemaError.WrongState, "public.mv_brand_daily_metrics exists already")]
    [TestCase("CREATE TYPE metric_facts AS (x integer)", SchemaError.WrongState, "public.metric_facts exists already")]
    public async Task A_database_that_does_not_fit_is_refused_and_left_as_it_was(string sql, SchemaError error, string message)
    {
        await using var database = await StarDatabase.CreateAsync(0);
        await database.ExecuteAsync(sql);

        await AssertRefusedAsync(database, Phase.Backfill, error, message);
    }

    [TestCase("ALTER TABLE brands OWNER TO CURRENT_USER", "public.brands belongs to")]
    [TestCase("ALTER SCHEMA public OWNER TO CURRENT_USER; REVOKE CREATE ON SCHEMA public FROM PUBLIC; REVOKE CREATE ON SCHEMA public FROM legacy_owner", "no right to CREATE in schema public")]
    [TestCase("CREATE SCHEMA evidently_schema; GRANT USAGE ON SCHEMA evidently_schema TO legacy_owner", "GRANT USAGE, CREATE ON SCHEMA evidently_schema TO legacy_owner;")]
    public async Task A_role_without_the_rights_is_refused(string sql, string message)
    {
        await using var database = await StarDatabase.CreateAsync(0);
        await Sql.ExecuteAsync(database.AdminConnectionString, sql);

        await AssertRefusedAsync(database, Phase.Create, SchemaError.MissingRights, message);
    }

    [Test]
    public async Task A_database_of_another_role_is_refused()
    {
        await using var database = await StarDatabase.CreateAsync(0);
        await Sql.ExecuteAsync(
            database.AdminConnectionString, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO CURRENT_USER', current_database()); END $$");

        await AssertRefusedAsync(database, Phase.Create, SchemaError.MissingRights, "no right to CREATE in database");
        Assert.That(await database.ScalarAsync<bool>("SELECT to_regnamespace('evidently_schema') IS NULL"), "not even our own schema");
    }

    [Test]
    public async Task The_version_check_refuses_a_server_that_is_too_old()
    {
        var requirements = Steps.Sql("M101_Requirements.sql");
        Assert.That(requirements, Does.Contain("current_setting('server_version_num')::integer < 150000"));
        await using var database = await StarDatabase.CreateAsync(0);

        // an older server cannot be had: the server is compared with a newer version instead
        var refusal = (await Assert.ThrowsAsync<Npgsql.PostgresException>(() =>
            database.ExecuteAsync(requirements.Replace("::integer < 150000", "::integer < 990000", StringComparison.Ordinal))))!;

        Assert.That(refusal.SqlState, Is.EqualTo("EV001"));
        Assert.That(refusal.MessageText, Does.Contain("is too old: 15 or newer is needed"));
    }

    [Test]
    public async Task All_that_is_missing_is_named_at_once_and_each_table_once()
    {
        await using var database = await StarDatabase.CreateAsync(0);
        await database.ExecuteAsync("DROP TABLE extracted_positions; DROP TABLE brand_competitors CASCADE");

        var refusal = (await Assert.ThrowsAsync<Npgsql.PostgresException>(
            () => Sql.ExecuteAsync($"{database.ConnectionString};Include Error Detail=true", Steps.Sql("M101_Requirements.sql"))))!;

        Assert.That(refusal.Detail, Is.EqualTo("table public.brand_competitors is missing; table public.extracted_positions is missing"));
    }

    /// <summary>The guards of the refusals above, each as a condition of M101_Requirements.sql: without it the database passes.</summary>
    [TestCase(TextScore, "AND NOT a.attisdropped AND format_type(a.atttypid, NULL) <> ALL (string_to_array(metric", "AND false AND format_type(a.atttypid, NULL) <> ALL (string_to_array(metric")]
    [TestCase(NullableId, "AND NOT a.attnotnull", "AND false")]
    [TestCase(Child, "WHERE i.inhparent = to_regclass('public.extracted_positions')", "WHERE false")]
    [TestCase(Partition, "WHERE i.inhparent = to_regclass('public.extracted_positions')", "WHERE false")]
    [TestCase(AnyCase + "brand_competitors" + OfAnyCase, "WHERE NOT c.collisdeterministic", "WHERE false")]
    [TestCase(AnyCase + "extracted_positions" + OfAnyCase, "WHERE NOT c.collisdeterministic", "WHERE false")]
    public async Task It_is_this_condition_that_refuses(string sql, string condition, string without)
    {
        var requirements = Steps.Sql("M101_Requirements.sql");
        Assert.That(requirements, Does.Contain(condition), "the guard is no longer where this test looks for it");
        await using var database = await StarDatabase.CreateAsync(0);
        await database.ExecuteAsync($"CREATE SCHEMA evidently_schema; {sql}");

        Assert.That((await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(requirements)))!.SqlState, Is.EqualTo("EV001"));
        await database.ExecuteAsync(requirements.Replace(condition, without, StringComparison.Ordinal));
    }

    /// <summary>The version list says that phase 2 is not there; the database says that it is.</summary>
    [TestCase("DELETE FROM evidently_schema.version_info WHERE version > 200", 0, "capture is installed (phase 2)")]
    [TestCase("ALTER TABLE extracted_positions RENAME TO extracted_positions_archived; DELETE FROM evidently_schema.version_info WHERE version > 200", 0, "archived (phase 5)")]
    [TestCase("ALTER TABLE extracted_positions RENAME TO extracted_positions_archived", Steps.Created, "archived (phase 5)")]
    [TestCase("ALTER TABLE extracted_positions RENAME TO x; CREATE VIEW extracted_positions AS SELECT * FROM x", Steps.Created, "not a table any more (phase 5)")]
    [TestCase("DELETE FROM evidently_schema.version_info WHERE version > 300", Steps.Created, "dual_write is on (phase 3)", Steps.Synced)]
    public async Task A_rollback_in_the_wrong_state_is_refused(string sql, long version, string message, long from = Steps.Finished)
    {
        await using var database = await StarDatabase.CreateAsync(from);
        await database.ExecuteAsync(sql);
        var before = await Dump.AllAsync(database);

        var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.DownAsync(database.ConnectionString, version)))!;

        Assert.That(refusal.SqlState, Is.EqualTo("EV007"));
        Assert.That(refusal.MessageText, Does.Contain(message));
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(before));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.EqualTo(StarDatabase.Few.Results));
    }

    [Test]
    public async Task The_backfill_refuses_to_copy_while_capture_is_off()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("ALTER TABLE extracted_positions DISABLE TRIGGER evidently_schema_update");

        var refusal = (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync("CALL evidently_schema.backfill()")))!;

        Assert.That(refusal.SqlState, Is.EqualTo("EV007"));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.Zero);
    }

    private static async Task AssertRefusedAsync(StarDatabase database, Phase phase, SchemaError error, string message)
    {
        var before = await Dump.WithoutOursAsync(database);

        var refusal = (await Assert.ThrowsAsync<SchemaException>(() => database.MigrateAsync(phase)))!;

        Assert.Multiple(() =>
        {
            Assert.That(refusal.Error, Is.EqualTo(error), refusal.Message);
            Assert.That(refusal.Message, Does.Contain(message));
        });
        Assert.That(await Dump.WithoutOursAsync(database), Is.EqualTo(before));
        Assert.That(
            await Sql.ScalarAsync<long>(database.AdminConnectionString, "SELECT count(*) FROM pg_proc WHERE pronamespace = to_regnamespace('evidently_schema')"), Is.Zero);
    }
}
