using System.Globalization;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>One row of <c>extracted_positions</c>: every column as text, times as epochs, absent columns as NULL.</summary>
internal sealed class LegacyRow(IReadOnlyDictionary<string, string?> values)
{
    public string Id => this["id"]!;

    public long? ResultId { get; } =
        values.GetValueOrDefault("collector_result_id") is { } id ? long.Parse(id, CultureInfo.InvariantCulture) : null;

    public string? CompetitorName => this["competitor_name"];

    public bool IsBrandRow => IsBlank(CompetitorName);

    public PgTime? ProcessedAt { get; } = PgTime.Parse(values.GetValueOrDefault("processed_at"));

    public PgTime? CreatedAt { get; } = PgTime.Parse(values.GetValueOrDefault("created_at"));

    public PgTime? Time => ProcessedAt ?? CreatedAt;

    public string? this[string column] => values.GetValueOrDefault(column);

    /// <summary>NULL or nothing but spaces; a tab is not blank.</summary>
    public static bool IsBlank(string? text) => text is null || text.Trim(' ').Length == 0;
}
