using System.Data;
using Evidently.Schema.DatabaseTests.Oracle;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>Both versions of every page at one snapshot: equal to each other, row for row and in order, and to what C# computes from the rows.</summary>
internal static class ReadOracle
{
    public static async Task AssertAsync(NpgsqlConnection connection, int seed, IEnumerable<long>? refusedByInsert = null, string timeZone = "UTC")
    {
        var calls = await ReadCalls.SuggestAsync(connection, seed);
        var legacy = await LegacySnapshot.ReadAsync(connection);
        var expected = new ExpectedReads(legacy, ExpectedStar.From(legacy, refusedByInsert));
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        await ExecuteAsync(connection, $"SET LOCAL TimeZone = '{timeZone}'");
        foreach (var call in calls)
        {
            var ofLegacy = await TextAsync(connection, "legacy", call);
            Assert.That(await TextAsync(connection, "star", call), Is.EqualTo(ofLegacy), $"star against legacy, {call}");
            Assert.That(await LinesAsync(connection, call), Is.EquivalentTo(expected.Rows(call)), $"against the rows, {call}");
        }

        await transaction.CommitAsync();
    }

    /// <summary>Both versions of each call, without C#.</summary>
    public static async Task AssertAlikeAsync(NpgsqlConnection connection, IEnumerable<ReadCall> calls, string what)
    {
        foreach (var call in calls)
        {
            await using var command = new NpgsqlCommand(
                $"""
                SELECT coalesce((SELECT string_agg(t::text, E'\n') FROM evidently_schema.legacy_{call.Name}({call.Arguments}) AS t), ''),
                    coalesce((SELECT string_agg(t::text, E'\n') FROM evidently_schema.star_{call.Name}({call.Arguments}) AS t), '')
                """,
                connection);
            await using var reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            Assert.That(reader.GetString(1), Is.EqualTo(reader.GetString(0)), $"{what}: {call}");
        }
    }

    private static async Task<List<string>> TextAsync(NpgsqlConnection connection, string version, ReadCall call)
    {
        var rows = new List<string>();
        await using var command = new NpgsqlCommand($"SELECT t::text FROM evidently_schema.{version}_{call.Name}({call.Arguments}) AS t", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    private static async Task<List<string>> LinesAsync(NpgsqlConnection connection, ReadCall call)
    {
        var columns = new List<(string Name, string Type)>();
        await using (var described = new NpgsqlCommand($"SELECT * FROM evidently_schema.star_{call.Name}({call.Arguments}) AS t LIMIT 0", connection))
        await using (var reader = await described.ExecuteReaderAsync())
        {
            columns.AddRange(Enumerable.Range(0, reader.FieldCount).Select(i => (reader.GetName(i), reader.GetDataTypeName(i))));
        }

        var expressions = columns.Select(column => column.Type switch
        {
            "timestamp with time zone" => $"{OneSnapshot.Epoch($"(t.{column.Name} AT TIME ZONE 'UTC')")}",
            "date" => $"extract(epoch FROM t.{column.Name})::text",
            "text[]" => $"array_to_string(ARRAY(SELECT u FROM unnest(t.{column.Name}) AS u ORDER BY u COLLATE \"C\"), '|')",
            _ => $"t.{column.Name}::text",
        });
        var lines = new List<string>();
        await foreach (var values in OneSnapshot.QueryAsync(
            connection, $"SELECT {string.Join(", ", expressions)} FROM evidently_schema.star_{call.Name}({call.Arguments}) AS t", CancellationToken.None))
        {
            lines.Add(ExpectedReads.Line([.. columns.Zip(values).Select(pair => (pair.Second, pair.First.Type) switch
            {
                (null, _) => null,
                (var text, "numeric") => (object)decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture),
                (var text, "timestamp with time zone" or "date") => PgTime.Parse(text)!.Value,
                var (text, _) => text,
            })]));
        }

        return lines;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
