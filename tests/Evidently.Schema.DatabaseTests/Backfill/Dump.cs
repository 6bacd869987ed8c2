using Evidently.Schema.DatabaseTests.Packages;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>A schema as pg_dump writes it, or as the catalog has it where the server comes without pg_dump, and tables as digests.</summary>
internal static class Dump
{
    public static readonly string[] LegacyTables = ["customers", "brands", "generated_queries", "collector_results", "brand_competitors", "extracted_positions"];

    /// <summary>Everything in the database.</summary>
    public static Task<string> AllAsync(StarDatabase database) => RunAsync(database, schema: null);

    /// <summary>Everything but our own schema.</summary>
    public static Task<string> WithoutOursAsync(StarDatabase database) => RunAsync(database, "public", "--exclude-schema=evidently_schema");

    /// <summary>One digest a table, over every byte of every row.</summary>
    public static Task<List<string>> LegacyRowsAsync(StarDatabase database) => database.ListAsync(string.Join(
        " UNION ALL ", LegacyTables.Select(table => $"SELECT '{table} ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text COLLATE \"C\")), '') FROM public.{table} AS t")));

    /// <summary>What there is in our own schema: tables, views, sequences, types and functions, by name.</summary>
    public static Task<List<string>> OursAsync(StarDatabase database) => database.ListAsync(
        """
        SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('evidently_schema') AND relkind <> 'i'
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = to_regnamespace('evidently_schema')
        """);

    private static async Task<string> RunAsync(StarDatabase database, string? schema, params string[] options)
    {
        if (TestServer.Server.BinariesDirectory is not { } binaries || !File.Exists(Path.Combine(binaries, "pg_dump")))
        {
            return string.Join('\n', await Fingerprint.OfDefinitionsAsync(database.AdminConnectionString, schema));
        }

        var target = new NpgsqlConnectionStringBuilder(database.AdminConnectionString);
        var outcome = await ChildProcess.RunAsync(
            Path.Combine(binaries, "pg_dump"),
            ["--schema-only", "-h", target.Host!, "-p", target.Port.ToString(), "-U", target.Username!, "-d", target.Database!, .. options],
            [("PGPASSWORD", target.Password)]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);

        // newer releases write a random word into \restrict
        return string.Join('\n', outcome.Output.Split('\n').Where(line => !line.StartsWith('\\')));
    }

}
