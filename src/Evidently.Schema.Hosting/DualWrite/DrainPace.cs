using Evidently.Schema.Hosting.Data;

namespace Evidently.Schema.Hosting.DualWrite;

/// <summary>How many results the next turn takes, and when it is: at once while notes are due, else later and later.</summary>
internal sealed class DrainPace(DrainingOptions options, Func<double> chance)
{
    private const int FirstBatch = 50;
    private static readonly TimeSpan LongTurn = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan ShortTurn = TimeSpan.FromMilliseconds(75);

    private readonly Backoff _backoff = new(options.Interval, options.MaxInterval, chance);

    public int Batch { get; private set; } = Math.Min(FirstBatch, options.BatchSize);

    /// <summary>The wait after a turn.</summary>
    public TimeSpan After(DrainTurn turn, TimeSpan took)
    {
        if (took > LongTurn)
        {
            Batch = Math.Max(Batch / 2, 1);
        }
        else if (took < ShortTurn && turn.Projected >= Batch)
        {
            // Only a full turn says how long a larger one would take.
            Batch = Math.Min(Batch * 2, options.BatchSize);
        }

        if (!turn.DidSomething)
        {
            return _backoff.Next();
        }

        _backoff.Reset();
        return TimeSpan.Zero;
    }

    /// <summary>The wait after a turn that failed, or could not be: a smaller one may pass under a statement_timeout.</summary>
    public TimeSpan AfterFailure()
    {
        Batch = Math.Max(Batch / 2, 1);
        return _backoff.Next();
    }

    /// <summary>The wait while there is nothing to drain with.</summary>
    public TimeSpan WhileNotInstalled() => _backoff.Next();
}

/// <summary>What a turn did: results projected, and notes of parents replaced by notes of their results. Both null: it was another node's turn.</summary>
internal sealed record DrainTurn(long? Projected, long? Expanded)
{
    public bool WasOurs => Projected is not null;

    public bool DidSomething => Projected + Expanded > 0;
}
