namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>A way from the application to its database.</summary>
internal abstract class Client
{
    public abstract string Name { get; }

    /// <summary>The rows that the page reads today, with all their columns, and what it makes of them.</summary>
    public async Task<(int RowsRead, List<object?[]> Shown)> TodayAsync(Page page, PageRange range, CancellationToken ct)
    {
        var rows = await SelectAsync(page.Today(range), page.Order, ct);
        return (rows.Count, [.. page.Aggregate(rows)]);
    }

    /// <summary>The rows of the function, which the page shows as they are.</summary>
    public async Task<List<object?[]>> CallAsync(Page page, PageRange range, CancellationToken ct) => (await CallAsync(page.Function, page.CallWith(range), ct)).Values;

    protected abstract Task<Rows> SelectAsync(Condition[] conditions, string? order, CancellationToken ct);

    protected abstract Task<Rows> CallAsync(string function, (string Name, object Value)[] arguments, CancellationToken ct);
}
