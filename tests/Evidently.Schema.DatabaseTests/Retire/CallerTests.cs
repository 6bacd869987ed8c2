using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Whoever writes, he is asked, and not the owner of the function that writes for him.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class CallerTests
{
    private const string Writer =
        "GRANT SELECT, INSERT, DELETE ON extracted_positions TO {0}; GRANT USAGE ON SCHEMA evidently_schema TO {0}; GRANT EXECUTE ON FUNCTION evidently_schema.save_positions, evidently_schema.position_rows TO {0}";

    /// <summary>Defaults that ask who writes are evaluated before the owner's rights are taken.</summary>
    private static readonly Guard BeforeOwner = new("save_positions", "evidently_schema.callers_defaults(items)", "items");

    /// <summary>A role whose rights were revoked is refused by the star's writer, too.</summary>
    private static readonly Guard Revoked = new("caller_is_revoked", "RETURN has_function_privilege", "RETURN false AND has_function_privilege");

    [Test]
    public async Task A_default_that_asks_who_writes_gives_the_writer_on_every_way([Values] bool guarded)
    {
        await using var database = await RetireDatabase.ReadyAsync(shape:
            """
            CREATE FUNCTION inner_author() RETURNS text LANGUAGE sql AS 'SELECT current_user::text';
            CREATE FUNCTION author() RETURNS text LANGUAGE sql AS 'SELECT public.inner_author()';
            ALTER TABLE extracted_positions ADD written_by text DEFAULT current_user, ADD author text DEFAULT public.author(), ADD number serial, ADD note text DEFAULT 'none'
            """);
        await using var writer = await ViewTests.AsAsync(database, Writer + "; GRANT USAGE ON SEQUENCE extracted_positions_number_seq TO {0}");
        var name = await writer.ScalarAsync<string>("SELECT current_user::text");
        await database.ExecuteAsync("INSERT INTO collector_results (id) SELECT generate_series(102, 104)");
        await writer.ExecuteAsync(Save(100));
        await database.MigrateAsync(Phase.Retire);
        await BeforeOwner.RemoveUnlessAsync(guarded, database);

        await writer.ExecuteAsync(Save(101));
        await writer.ExecuteAsync("INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type) SELECT 102, brand_id, customer_id, query_id, 'x' FROM extracted_positions WHERE id = 1");
        await database.ExecuteAsync(RetireDatabase.ToStar);
        await writer.ExecuteAsync(Save(103));
        Assert.That(await database.IsStarOnlyAsync(103), Is.True);
        await database.OldAndQuietAsync();
        await database.DropAsync();
        await writer.ExecuteAsync(Save(104));

        var written = await database.ListAsync("SELECT concat_ws(' ', collector_result_id, written_by, author, number IS NOT NULL, note) FROM extracted_positions WHERE collector_result_id >= 100 ORDER BY 1");
        var expected = Enumerable.Range(100, 5).Select(result => $"{result} {name} {name} t none");
        Assert.That(written, guarded ? Is.EqualTo(expected) : Is.Not.EqualTo(expected));
    }

    [Test]
    public async Task The_function_that_asks_is_the_one_of_before_when_the_table_is_back()
    {
        await using var database = await RetireDatabase.ReadyAsync(shape: "ALTER TABLE extracted_positions ADD written_by text DEFAULT current_user");
        var ready = await Dump.AllAsync(database);

        await database.MigrateAsync(Phase.Retire);
        Assert.That(await database.ScalarAsync<string>("SELECT prosrc FROM pg_proc WHERE oid = 'evidently_schema.callers_defaults'::regproc"), Does.Contain("CURRENT_USER"));
        await database.RollbackAsync(Phase.Reads);

        Assert.That(await Dump.AllAsync(database), Is.EqualTo(ready));
    }

    [Test]
    public async Task The_stars_writer_called_directly_refuses_whose_rights_were_revoked([Values] bool dropped, [Values] bool guarded)
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var writer = await ViewTests.AsAsync(database, Writer);
        await database.MigrateAsync(Phase.Retire);
        await database.ExecuteAsync(RetireDatabase.ToStar);
        if (dropped)
        {
            await database.OldAndQuietAsync();
            await database.DropAsync();
        }

        await Revoked.RemoveUnlessAsync(guarded, database);
        var items = (await database.ScalarAsync<string>("SELECT evidently_schema.position_rows(100, (SELECT to_jsonb(ep) - '{id,raw_answer}'::text[] FROM extracted_positions AS ep WHERE id = 1), '[]')::text"))!.Replace("'", "''", StringComparison.Ordinal);
        await writer.ExecuteAsync($"SELECT evidently_schema.save_star(100, '{items}')");
        await database.ExecuteAsync($"REVOKE DELETE ON extracted_positions FROM {await writer.ScalarAsync<string>("SELECT current_user::text")}");

        var again = writer.ExecuteAsync($"SELECT evidently_schema.save_star(101, '{items.Replace(": 100", ": 101", StringComparison.Ordinal)}')");
        if (guarded && dropped)
        {
            Assert.That((await Assert.ThrowsAsync<PostgresException>(() => again))!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        }
        else
        {
            await again;
        }

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 101"), guarded ? Is.Zero : Is.EqualTo(1));
    }

    /// <summary>As on the table: the function's owner has the rights. grant_star_writer() goes by the rights on the view, where they are revoked.</summary>
    [Test]
    public async Task A_role_without_rights_of_its_own_writes_by_a_function_of_anothers()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var writer = await ViewTests.AsAsync(database, Writer);
        var name = await writer.ScalarAsync<string>("SELECT current_user::text");
        await database.ExecuteAsync("INSERT INTO collector_results (id) VALUES (102)");
        await database.ExecuteAsync(
            $"""
            CREATE FUNCTION save_for_all(result bigint, brand jsonb) RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'SELECT evidently_schema.save_positions(result, brand, $j$[]$j$)';
            GRANT EXECUTE ON FUNCTION save_for_all TO {name}
            """);
        await database.MigrateAsync(Phase.Retire);
        await database.ExecuteAsync($"{RetireDatabase.ToStar}; REVOKE INSERT ON extracted_positions FROM {name}");

        await writer.ExecuteAsync(ForAll(100));
        Assert.That(await database.IsStarOnlyAsync(100), Is.False);
        await database.ExecuteAsync("SELECT evidently_schema.grant_star_writer()");
        await writer.ExecuteAsync(ForAll(101));
        Assert.That(await database.IsStarOnlyAsync(101), Is.True);
        await database.OldAndQuietAsync();
        await database.DropAsync();
        await writer.ExecuteAsync(ForAll(102));

        Assert.That(await database.ListAsync("SELECT collector_result_id::text FROM extracted_positions WHERE collector_result_id >= 100 ORDER BY 1"), Is.EqualTo(["100", "101", "102"]));
    }

    private static string ForAll(long result) =>
        $"SELECT save_for_all({result}, (SELECT to_jsonb(ep) - '{{id,raw_answer}}'::text[] FROM extracted_positions AS ep WHERE id = 1))";

    private static string Save(long result) =>
        $"SELECT evidently_schema.save_positions({result}, (SELECT to_jsonb(ep) - '{{id,raw_answer,written_by,author,number,note}}'::text[] FROM public.extracted_positions AS ep WHERE id = 1), '[]')";
}
