namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>The statements of the plan's script. What was NULL is <see cref="DBNull"/>; what else a value is made of is the way's own business.</summary>
internal abstract class PlanDatabase : IAsyncDisposable
{
    /// <summary>What it writes where there are none.</summary>
    public abstract object NoSentences { get; }

    /// <summary>A batch of brand rows by id, all columns.</summary>
    public abstract Task<List<Dictionary<string, object>>> BrandRowsAsync(int limit, int offset, CancellationToken ct);

    /// <summary>The competitor rows of a result, all columns.</summary>
    public abstract Task<List<Dictionary<string, object>>> CompetitorRowsAsync(object result, CancellationToken ct);

    /// <summary>The competitor's id, or null.</summary>
    public abstract Task<object?> CompetitorAsync(object brand, object name, CancellationToken ct);

    /// <summary>Inserts a fact, reads it back and returns its id.</summary>
    public abstract Task<object> InsertFactAsync(IEnumerable<(string Column, object Value)> values, CancellationToken ct);

    public abstract Task InsertAsync(string table, IReadOnlyList<(string Column, object Value)> values, CancellationToken ct);

    /// <summary>JavaScript's idea of it.</summary>
    public abstract bool Truthy(object value);

    public abstract ValueTask DisposeAsync();
}
