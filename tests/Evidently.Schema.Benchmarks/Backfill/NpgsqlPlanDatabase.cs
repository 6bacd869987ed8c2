using Npgsql;

namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>Over one connection of Npgsql's: no PostgREST, HTTP and JSON in between.</summary>
internal sealed class NpgsqlPlanDatabase : PlanDatabase
{
    private readonly NpgsqlConnection _connection;

    private NpgsqlPlanDatabase(NpgsqlConnection connection) => _connection = connection;

    public override object NoSentences => "[]";

    public static async Task<NpgsqlPlanDatabase> OpenAsync(NpgsqlDataSource source, CancellationToken ct) => new(await source.OpenConnectionAsync(ct));

    public override Task<List<Dictionary<string, object>>> BrandRowsAsync(int limit, int offset, CancellationToken ct) => Statement.SelectAsync(
        _connection, "SELECT * FROM extracted_positions WHERE competitor_name IS NULL ORDER BY id ASC LIMIT $1 OFFSET $2", ct, limit, offset);

    public override Task<List<Dictionary<string, object>>> CompetitorRowsAsync(object result, CancellationToken ct) => Statement.SelectAsync(
        _connection, "SELECT * FROM extracted_positions WHERE collector_result_id = $1 AND competitor_name IS NOT NULL", ct, result);

    public override async Task<object?> CompetitorAsync(object brand, object name, CancellationToken ct)
    {
        var found = await Statement.SelectAsync(_connection, "SELECT id FROM brand_competitors WHERE brand_id = $1 AND competitor_name = $2", ct, brand, name);
        return found.Count == 0 ? null : found[0]["id"];
    }

    public override async Task<object> InsertFactAsync(IEnumerable<(string Column, object Value)> values, CancellationToken ct)
    {
        var given = values.ToList();
        return (await Statement.SelectAsync(_connection, Insert("metric_facts", given) + " RETURNING *", ct, [.. given.Select(value => value.Value)]))[0]["id"];
    }

    public override Task InsertAsync(string table, IReadOnlyList<(string Column, object Value)> values, CancellationToken ct) =>
        Statement.ExecuteAsync(_connection, Insert(table, values), ct, [.. values.Select(value => value.Value)]);

    public override bool Truthy(object value) => Statement.Truthy(value);

    public override ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static string Insert(string table, IReadOnlyList<(string Column, object Value)> values) =>
        $"INSERT INTO {table} ({string.Join(", ", values.Select(value => value.Column))}) VALUES ({string.Join(", ", values.Select((_, n) => $"${n + 1}"))})";
}
