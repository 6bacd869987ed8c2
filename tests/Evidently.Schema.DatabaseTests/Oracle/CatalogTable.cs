using System.Globalization;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <param name="Type">As format_type prints it.</param>
/// <param name="TypeName">pg_type.typname.</param>
/// <param name="IsRequired">NOT NULL, without a default and not an identity.</param>
/// <param name="References">The table a one-column foreign key leads to.</param>
internal sealed record CatalogColumn(string Type, string TypeName, bool IsRequired, string? References);

/// <summary>A table of the host, filled from texts whatever its types, with something in each column that insists.</summary>
internal sealed class CatalogTable
{
    private readonly string _name;

    private CatalogTable(string name) => _name = name;

    public Dictionary<string, CatalogColumn> Columns { get; } = new(StringComparer.Ordinal);

    public static async Task<CatalogTable> ReadAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        var table = new CatalogTable(name);
        var sql = $"""
            SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), t.typname::text,
                (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '')::text,
                (SELECT c.confrelid::regclass::text FROM pg_constraint c
                 WHERE c.conrelid = a.attrelid AND c.contype = 'f' AND c.conkey = ARRAY[a.attnum] LIMIT 1)
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = 'public.{name}'::regclass AND a.attnum > 0 AND NOT a.attisdropped
            """;
        await foreach (var values in OneSnapshot.QueryAsync(connection, sql, cancellationToken))
        {
            table.Columns.Add(values[0]!, new(values[1]!, values[2]!, values[3] is "true", values[4]?.Split('.')[^1]));
        }

        return table;
    }

    /// <summary>Inserts one row; parents are what a required reference of another table is filled with.</summary>
    public async Task InsertAsync(
        NpgsqlConnection connection,
        IReadOnlyDictionary<string, string?> values,
        IReadOnlyDictionary<string, string> parents,
        CancellationToken cancellationToken)
    {
        var all = values.Where(value => Columns.ContainsKey(value.Key)).ToDictionary(StringComparer.Ordinal);
        foreach (var (name, column) in Columns.Where(column => column.Value.IsRequired && !all.ContainsKey(column.Key)))
        {
            all.Add(name, column.References is { } table ? parents[table] : Something(column.TypeName));
        }

        var names = all.Keys.ToList();
        var casts = names.Select((name, i) => $"${i + 1}::text::{Columns[name].Type}");
        await using var command = new NpgsqlCommand(
            $"INSERT INTO public.{_name} ({string.Join(", ", names)}) OVERRIDING SYSTEM VALUE VALUES ({string.Join(", ", casts)})",
            connection);
        foreach (var name in names)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)all[name] ?? DBNull.Value, DataTypeName = "text" });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>An id of the column's type that no generator reaches soon.</summary>
    public string Id(int number) => Columns["id"].TypeName switch
    {
        "uuid" => Uuid(number),
        "int4" => (1_900_000_000 + number).ToString(CultureInfo.InvariantCulture),
        _ => (9_000_000_000 + number).ToString(CultureInfo.InvariantCulture),
    };

    public static string Uuid(int number) => $"d1d1d1d1-0000-4000-8000-{number:x12}";

    private static string Something(string typeName) => typeName switch
    {
        "uuid" => Uuid(0),
        "json" or "jsonb" => "{}",
        "timestamptz" or "timestamp" or "date" => "2025-03-01",
        "bool" => "false",
        "text" or "varchar" or "bpchar" => "dirt",
        _ => typeName.StartsWith('_') ? "{}" : "0",
    };
}
