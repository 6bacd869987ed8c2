using Evidently.Schema.DatabaseTests.Hosting;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Packages;

/// <summary>A database as lines of text: every definition in the catalog, and the rows, without times and generated ids.</summary>
internal static class Fingerprint
{
    private const string Schemas = "('public', 'evidently_schema')";

    private const string Definitions =
        $"""
        WITH n AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN {Schemas})
        SELECT format('%s relation %s %s %s %s %s %s', n.nspname, c.relname, c.relkind, c.reloptions, c.relrowsecurity, c.relacl::text, c.relowner::regrole)
        FROM pg_class c JOIN n ON n.oid = c.relnamespace
        UNION ALL
        SELECT format('%s column %s.%s %s %s %s %s %s %s %s', n.nspname, c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
            pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))
        FROM pg_class c JOIN n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        UNION ALL
        SELECT format('%s constraint %s.%s %s %s', n.nspname, c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid), c.convalidated)
        FROM pg_constraint c JOIN n ON n.oid = c.connamespace
        UNION ALL
        SELECT format('%s index %s valid %s', n.nspname, pg_get_indexdef(i.indexrelid), i.indisvalid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN n ON n.oid = c.relnamespace
        UNION ALL
        SELECT format('%s view %s %s', n.nspname, c.relname, pg_get_viewdef(c.oid))
        FROM pg_class c JOIN n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm')
        UNION ALL
        SELECT format('%s routine %s %s %s', n.nspname, pg_get_functiondef(p.oid), p.proacl::text, p.proowner::regrole)
        FROM pg_proc p JOIN n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p')
        UNION ALL
        SELECT format('%s trigger %s %s', n.nspname, pg_get_triggerdef(t.oid), t.tgenabled)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal
        UNION ALL
        SELECT format('%s comment %s %s', n.nspname, c.relname, obj_description(c.oid, 'pg_class'))
        FROM pg_class c JOIN n ON n.oid = c.relnamespace
        UNION ALL
        SELECT format('%s policy %s', schemaname, p::text) FROM pg_policies p WHERE schemaname IN {Schemas}
        UNION ALL
        SELECT format('%s schema %s %s', n.nspname, s.nspacl::text, s.nspowner::regrole) FROM pg_namespace s JOIN n USING (oid)
        """;

    private const string Tables =
        """
        SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname = 'public' OR schemaname = 'evidently_schema' AND tablename IN ('settings', 'version_info', 'rejected_rows', 'change_notes')
        UNION ALL
        SELECT format('%I.%I', schemaname, matviewname) FROM pg_matviews WHERE schemaname = 'public' AND ispopulated
        """;

    private const string Volatile =
        "ARRAY['id', 'metric_fact_id', 'applied_on', 'updated_at', 'refreshed_at', 'changed_at', 'changed_by', 'first_seen', 'last_seen', 'noted_at']";

    public static async Task<IReadOnlyList<string>> OfAsync(HostDatabase database, string? schema = null)
    {
        await using var source = Source(database.AdminConnectionString);
        var lines = await ListAsync(source, Definitions);
        foreach (var table in await ListAsync(source, Tables))
        {
            lines.AddRange(await ListAsync(source, $"SELECT '{table.Replace('.', ' ')} row ' || (to_jsonb(t) - {Volatile})::text FROM {table} AS t"));
        }

        lines.Sort(StringComparer.Ordinal);
        return schema is null ? lines : Only(lines, schema);
    }

    /// <summary>The definitions alone.</summary>
    public static async Task<IReadOnlyList<string>> OfDefinitionsAsync(string adminConnectionString, string? schema = null)
    {
        await using var source = Source(adminConnectionString);
        var lines = await ListAsync(source, Definitions);
        lines.Sort(StringComparer.Ordinal);
        return schema is null ? lines : Only(lines, schema);
    }

    public static IReadOnlyList<string> Only(IEnumerable<string> lines, string schema) => [.. lines.Where(line => line.StartsWith(schema + " ", StringComparison.Ordinal))];

    private static NpgsqlDataSource Source(string connectionString) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });

    private static async Task<List<string>> ListAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var list = new List<string>();
        while (await reader.ReadAsync())
        {
            list.Add(reader.GetString(0));
        }

        return list;
    }
}
