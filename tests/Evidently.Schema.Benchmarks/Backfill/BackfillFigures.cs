namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>What was measured at one number of rows. Times in seconds, rates in legacy rows per second, memory in bytes.</summary>
internal sealed record BackfillFigures
{
    public required int Rows { get; init; }

    public required Sample Ours { get; init; }

    public required Sample PureCopy { get; init; }

    public required Sample Verify { get; init; }

    /// <summary>Of a comparison that maps nothing.</summary>
    public required Sample CompareRaw { get; init; }

    public required Sample PeakWorkingSet { get; init; }

    public required Sample ManagedHeap { get; init; }

    /// <summary>Null where it was not run.</summary>
    public Sample? Giant { get; init; }

    /// <summary>Rows per second of the plan's script; null where it was not run.</summary>
    public Sample? ScriptRate { get; init; }

    /// <summary>The same without its pauses of 100 ms a batch.</summary>
    public Sample? ScriptRateInItsFavour { get; init; }

    /// <summary>As it is written, over PostgREST; null where there is none.</summary>
    public Sample? ScriptRateOverRest { get; init; }

    public required int ScriptResults { get; init; }

    /// <summary>In all five tables.</summary>
    public required long StarRows { get; init; }

    /// <summary>Legacy heap, legacy indexes, star heap, star indexes.</summary>
    public required IReadOnlyList<long> Sizes { get; init; }

    public Sample OurRate => Ours.Select(seconds => Rows / seconds);

    public Sample? GiantRate => Giant?.Select(seconds => Rows / seconds);

    public Sample VerifyPercent => PercentOfOurs(Verify);

    public Sample CompareRawPercent => PercentOfOurs(CompareRaw);

    public int Answer => BackfillOptions.AnswerLength(Rows);

    private Sample PercentOfOurs(Sample seconds) => new([.. seconds.Values.Zip(Ours.Values, (taken, ours) => 100 * taken / ours)]);
}
