using System.Globalization;
using System.Text.Json;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>PostgREST's answer, an array of objects with the same properties in the same order, as rows: what looks like a time, a date or a uuid becomes one, as over Npgsql.</summary>
internal static class JsonRows
{
    private const int DateLength = 10;
    private const string Date = "yyyy-MM-dd";

    public static Rows Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var columns = new List<string>();
        var rows = new List<object?[]>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            rows.Add(rows.Count == 0 ? [.. FirstRow(ref reader, columns)] : NextRow(ref reader, columns.Count));
        }

        return new Rows(columns, rows);
    }

    private static List<object?> FirstRow(ref Utf8JsonReader reader, List<string> columns)
    {
        var values = new List<object?>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            columns.Add(reader.GetString()!);
            reader.Read();
            values.Add(Value(ref reader));
        }

        return values;
    }

    private static object?[] NextRow(ref Utf8JsonReader reader, int columns)
    {
        var values = new object?[columns];
        for (var column = 0; reader.Read() && reader.TokenType == JsonTokenType.PropertyName; column++)
        {
            reader.Read();
            values[column] = Value(ref reader);
        }

        return values;
    }

    private static object? Value(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Number => reader.GetDecimal(),
        JsonTokenType.String => Text(ref reader),
        JsonTokenType.StartArray => List(ref reader),
        _ => JsonElement.ParseValue(ref reader),
    };

    private static object Text(ref Utf8JsonReader reader)
    {
        if (reader.TryGetGuid(out var id))
        {
            return id;
        }

        if (reader.ValueSpan.Length == DateLength && DateOnly.TryParseExact(reader.GetString(), Date, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            return date;
        }

        return reader.TryGetDateTimeOffset(out var time) ? time.UtcDateTime : reader.GetString()!;
    }

    private static object?[] List(ref Utf8JsonReader reader)
    {
        var values = new List<object?>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            values.Add(Value(ref reader));
        }

        return [.. values];
    }
}
