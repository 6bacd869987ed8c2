using Evidently.Schema.DatabaseTests.Oracle;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>One call of a page's function. Times are seconds since 1970, or NULL; a range whose ends are text is only compared, not computed.</summary>
internal sealed record ReadCall(string Name, string? Brand = null, string? Customer = null, string? From = null, string? To = null)
{
    public string? Competitor { get; init; }

    public string[]? Types { get; init; }

    public string[]? Queries { get; init; }

    public long[]? Results { get; init; }

    public string? CollectorType { get; init; }

    public PgTime FromTime => PgTime.Parse(From)!.Value;

    public PgTime ToTime => PgTime.Parse(To)!.Value;

    public string Arguments => string.Join(", ", Name switch
    {
        "get_brand_visibility_metrics" => [Uuid(Brand), Day(From), Day(To), Array(Types, "text")],
        "get_competitor_visibility_trend" => [Uuid(Brand), Text(Competitor), Time(From), Time(To)],
        "get_keyword_presence" => [Array(Results, "bigint"), Text(CollectorType), Time(From), Time(To)],
        "get_prompt_metrics" => [Uuid(Brand), Uuid(Customer), Time(From), Time(To), Array(Queries, "uuid"), Array(Results, "bigint"), Array(Types, "text")],
        "get_source_metrics" => [Uuid(Brand), Array(Results, "bigint")],
        _ => new[] { Uuid(Brand), Uuid(Customer), Time(From), Time(To), Array(Types, "text") },
    });

    public override string ToString() => $"{Name}({Arguments})";

    private static string Uuid(string? value) => value is null ? "NULL::uuid" : $"'{value}'::uuid";

    private static string Text(string? value) => value is null ? "NULL::text" : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'::text";

    private static string Time(string? value) => value is null ? "NULL::timestamptz"
        : PgTime.Parse(value)!.Value.IsInfinite ? $"'{value}'::timestamptz" : $"(timestamptz 'epoch' + interval '1 microsecond' * {PgTime.Parse(value)!.Value.Microseconds})";

    private static string Day(string? value) => value is null ? "NULL::date" : $"({Time(value)} AT TIME ZONE 'UTC')::date";

    private static string Array<T>(T[]? values, string type) => values is null ? $"NULL::{type}[]" : $"ARRAY[{string.Join(", ", values.Select(value => $"'{value}'"))}]::{type}[]";
}
