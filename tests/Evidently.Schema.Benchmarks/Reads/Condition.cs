namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>A condition on a column, as supabase-js words it: <c>eq</c>, <c>is</c>, <c>gte</c>, <c>lt</c>, <c>in</c>.</summary>
internal sealed record Condition(string Column, string Operator, object? Value)
{
    public static Condition Equal(string column, object value) => new(column, "eq", value);

    public static Condition IsNull(string column) => new(column, "is", null);

    public static Condition AtLeast(string column, DateTime value) => new(column, "gte", value);

    public static Condition Before(string column, DateTime value) => new(column, "lt", value);

    public static Condition In(string column, Array values) => new(column, "in", values);

    /// <summary>As SQL; its value, if it has one, is added to the parameters.</summary>
    public string Sql(List<object> parameters)
    {
        if (Value is null)
        {
            return $"{Column} IS NULL";
        }

        parameters.Add(Value);
        return Operator switch
        {
            "eq" => $"{Column} = ${parameters.Count}",
            "gte" => $"{Column} >= ${parameters.Count}",
            "lt" => $"{Column} < ${parameters.Count}",
            _ => $"{Column} = ANY (${parameters.Count})",
        };
    }

    /// <summary>As PostgREST's query string has it.</summary>
    public string Query() => $"{Column}={Operator}.{Uri.EscapeDataString(Value is Array values ? $"({string.Join(',', values.Cast<object>().Select(Text))})" : Text(Value))}";

    private static string Text(object? value) => value switch
    {
        null => "null",
        DateTime time => time.ToString("O"),
        _ => Convert.ToString(value)!,
    };
}
