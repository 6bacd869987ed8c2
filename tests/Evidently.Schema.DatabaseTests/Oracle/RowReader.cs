using System.Globalization;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Converts one legacy row's values, remembering what cannot be converted.</summary>
internal sealed class RowReader(LegacyRow row, IReadOnlyDictionary<string, string> columnTypes)
{
    /// <summary>How deep a JSON string may be nested; jsonb itself is taken as it is.</summary>
    private const int LevelsOfText = 1_000;

    private static readonly ExactDecimal Limit = ExactDecimal.Parse("999.995");

    public bool IsInvalid { get; private set; }

    public bool IsOutOfRange { get; private set; }

    public bool HasUnknownLabel { get; private set; }

    /// <summary>A known label, or NULL; ASCII letters only, so that no locale decides.</summary>
    public string? Label(string column)
    {
        var label = row[column];
        if (LegacyRow.IsBlank(label))
        {
            return null;
        }

        var known = new string([.. label!.Trim(' ').Select(c => char.IsAsciiLetterLower(c) ? (char)(c - 32) : c)]);
        if (known is "POSITIVE" or "NEGATIVE" or "NEUTRAL")
        {
            return known;
        }

        HasUnknownLabel = true;
        return null;
    }

    /// <summary>A value for numeric(5,2), or NULL with the row out of range.</summary>
    public string? Metric(string column)
    {
        if (row[column] is not { } text)
        {
            return null;
        }

        if (text is "NaN" or "Infinity" or "-Infinity")
        {
            IsOutOfRange = true;
            return null;
        }

        var value = columnTypes[column] switch
        {
            "float8" => ExactDecimal.FromDouble(double.Parse(text, CultureInfo.InvariantCulture), significantDigits: 15),
            "float4" => ExactDecimal.FromDouble(float.Parse(text, CultureInfo.InvariantCulture), significantDigits: 6),
            _ => ExactDecimal.Parse(text),
        };
        if (value.Reaches(Limit))
        {
            IsOutOfRange = true;
            return null;
        }

        return value.Round(2).ToString();
    }

    /// <summary>An integer[] as PostgreSQL prints it, or NULL, with the row invalid where jsonb holds none.</summary>
    public string? Positions(string column)
    {
        var text = row[column];
        if (text is null || columnTypes[column] is not "jsonb")
        {
            return text;
        }

        var json = Json.Parse(text);
        if (json.Kind == JsonKind.Null)
        {
            return null;
        }

        if (json.Kind != JsonKind.Array || !json.Items.All(IsPosition))
        {
            IsInvalid = true;
            return null;
        }

        var items = json.Items.Select(item => item.Kind == JsonKind.Null ? "NULL" : item.Number.Round(0).ToString());
        return $"{{{string.Join(',', items)}}}";
    }

    /// <summary>A JSON array, or NULL with the row invalid.</summary>
    public Json? Sentences(string column)
    {
        var json = row[column] is { } text ? Json.Parse(text) : new(JsonKind.Null);
        if (json.Kind == JsonKind.Text)
        {
            json = JsonParser.TryParse(json.Text, LevelsOfText) is { Kind: JsonKind.Array } array ? array : null;
        }

        switch (json?.Kind)
        {
            case JsonKind.Array:
                return json;
            case JsonKind.Null:
                return new(JsonKind.Array);
            default:
                IsInvalid = true;
                return null;
        }
    }

    /// <summary>Label, score and sentences as the sentiment tables hold them; NULL when there is no sentiment.</summary>
    public string?[]? Sentiment(string suffix)
    {
        var label = Label("sentiment_label" + suffix);
        var score = Metric("sentiment_score" + suffix);
        var positive = Sentences("sentiment_positive_sentences" + suffix);
        var negative = Sentences("sentiment_negative_sentences" + suffix);
        var isThere = label is not null || score is not null || positive?.Items.Count > 0 || negative?.Items.Count > 0;
        return isThere ? [label, score, positive?.ToString(), negative?.ToString()] : null;
    }

    private static bool IsPosition(Json item) =>
        item.Kind == JsonKind.Null
        || (item.Kind == JsonKind.Number
            && item.Number.IsIntegral
            && item.Number.Round(0).Unscaled >= int.MinValue
            && item.Number.Round(0).Unscaled <= int.MaxValue);
}
