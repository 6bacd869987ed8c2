using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The application with values nobody foresaw, each statement its own transaction. What legacy itself refuses is passed over; that we refuse is a failure.</summary>
internal sealed class FuzzWriter(NpgsqlConnection connection, CatalogTable positions, FuzzRows rows)
{
    private const long FirstResult = 9_500_000_000;

    private int _results;
    private int _rows = 100_000;

    /// <summary>How many statements legacy took.</summary>
    public int Written { get; private set; }

    public async Task WriteAsync()
    {
        switch (rows.Below(10))
        {
            case <= 2:
                await InsertAsync(rows.Result());
                break;
            case <= 5:
                var (column, text) = rows.Next();
                var cast = positions.Columns[column].Type;
                await RunAsync($"UPDATE extracted_positions SET {column} = $1::text::{cast} WHERE id = {AnyOf("id", "extracted_positions")}", text);
                break;
            case 6:
                await SaveAsync(rows.Result());
                break;
            case 7:
                await RunAsync($"DELETE FROM extracted_positions WHERE collector_result_id = {AnyOf("collector_result_id", "extracted_positions")}");
                break;
            case 8:
                var target = rows.Values.OneIn(3) ? "NULL" : AnyOf("id", "collector_results");
                await RunAsync($"UPDATE extracted_positions SET collector_result_id = {target} WHERE id = {AnyOf("id", "extracted_positions")}");
                break;
            default:
                await ChangeParentAsync();
                break;
        }
    }

    private async Task InsertAsync(DirtyCase result)
    {
        var resultId = await ResultAsync(result);
        foreach (var row in result.Rows)
        {
            await RunAsync(() => positions.InsertAsync(connection, Values(resultId, row), DirtyRows.Parents(resultId), CancellationToken.None));
        }
    }

    /// <summary>One call of save_positions, which takes one brand row. The server makes the JSON of what the column holds: arrays have no lower bounds there.</summary>
    private async Task SaveAsync(DirtyCase result)
    {
        var resultId = await ResultAsync(result);
        var parameters = new List<string?>();
        var brand = result.Rows.Where(row => LegacyRow.IsBlank(row.CompetitorName)).Take(1);
        var objects = brand.Concat(result.Rows.Where(row => !LegacyRow.IsBlank(row.CompetitorName))).Select(row => Values(resultId, row)).Select(values =>
        {
            var members = values.Where(value => value.Key is not "id" && positions.Columns.ContainsKey(value.Key)).Select(value =>
            {
                parameters.Add(value.Value);
                return $"'{value.Key}', to_jsonb(${parameters.Count}::text::{positions.Columns[value.Key].Type})";
            });
            return $"jsonb_build_object({string.Join(", ", members)})";
        }).ToList();
        if (objects.Count > 0)
        {
            await RunAsync(
                $"SELECT evidently_schema.save_positions({resultId}, {objects[0]}, jsonb_build_array({string.Join(", ", objects.Skip(1))}))", [.. parameters]);
        }
    }

    private async Task<long> ResultAsync(DirtyCase result)
    {
        var resultId = result.ResultId ?? FirstResult + ++_results;
        if (result.HasResult)
        {
            await RunAsync($"INSERT INTO collector_results (id) VALUES ({resultId}) ON CONFLICT DO NOTHING");
        }

        return resultId;
    }

    private Task ChangeParentAsync() => rows.Below(4) switch
    {
        0 => RunAsync($"UPDATE brand_competitors SET competitor_name = $1 WHERE id = {AnyOf("id", "brand_competitors")}", rows.Values.Text()),
        1 => RunAsync($"UPDATE generated_queries SET topic = $1 WHERE id = {AnyOf("id", "generated_queries")}", rows.Values.Text()),
        2 => RunAsync($"INSERT INTO brand_competitors (brand_id, competitor_name) VALUES ('{DirtyRows.BrandId}', $1)", rows.Values.Text()),
        _ => RunAsync($"DELETE FROM brand_competitors WHERE id = {AnyOf("id", "brand_competitors")}"),
    };

    private Dictionary<string, string?> Values(long resultId, DirtyRow row)
    {
        var values = DirtyRows.DefaultRow(resultId, row.CompetitorName);
        values["id"] = positions.Id(++_rows);
        row.Values.ToList().ForEach(value => values[value.Column] = value.Text);
        return values;
    }

    private string AnyOf(string column, string table) =>
        $"(SELECT {column} FROM {table} ORDER BY {column} OFFSET {rows.Below(1_000_000)} % greatest((SELECT count(*) FROM {table}), 1) LIMIT 1)";

    private Task RunAsync(string sql, params string?[] parameters) => RunAsync(async () =>
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var text in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)text ?? DBNull.Value, DataTypeName = "text" });
        }

        await command.ExecuteNonQueryAsync();
    });

    private async Task RunAsync(Func<Task> statement)
    {
        try
        {
            await statement();
            Written++;
        }
        catch (PostgresException refusal) when (DirtyRows.RefusedByLegacy.Append(PostgresErrorCodes.UniqueViolation).Contains(refusal.SqlState, StringComparer.Ordinal)
            && refusal.Where?.Contains("evidently_schema.capture", StringComparison.Ordinal) is not true)
        {
            // Legacy's own types and constraints.
        }
    }
}
