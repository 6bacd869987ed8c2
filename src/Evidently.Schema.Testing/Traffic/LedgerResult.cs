namespace Evidently.Schema.Testing.Traffic;

/// <summary>What was written of one result. Writes that overlapped may have happened in either order.</summary>
internal sealed class LedgerResult
{
    public TrafficTarget? Target { get; set; }

    public List<LedgerInsert> Inserts { get; } = [];

    public List<LedgerMoment> Deletes { get; } = [];

    public List<LedgerUpdate> Updates { get; } = [];

    /// <summary>How the rows that are there differ from what must or may be there.</summary>
    public IEnumerable<string> Problems(long result, IReadOnlyList<LedgerRow> rows)
    {
        foreach (var insert in Inserts)
        {
            if (insert.ByFunction && insert.Competitor is { } name && Target!.Brand.GoneCompetitors.Contains(name))
            {
                continue; // a result of the star alone follows its competitors: renamed or gone with them
            }

            var there = rows.Where(row => row.Token == insert.Token && string.Equals(row.Competitor, insert.Competitor, StringComparison.Ordinal)).ToList();
            var what = $"result {result}, write {insert.Token}, {(insert.Competitor is null ? "brand" : "competitor")} row";
            if (there.Count > 1)
            {
                yield return $"{what}: there {there.Count} times";
            }
            else if (there.Count == 0 && insert.At.Acknowledged && !Deletes.Exists(delete => delete != insert.At && !delete.EndedBefore(insert.At)))
            {
                yield return $"{what}: acknowledged and lost";
            }
            else if (there.Count == 1 && Deletes.Exists(delete => delete.Acknowledged && insert.At.EndedBefore(delete)))
            {
                yield return $"{what}: deleted and there again";
            }
            else if (there.Count == 1 && !IsPossible(insert, there[0]))
            {
                yield return $"{what}: its sentiment is not the one written last";
            }
        }

        var strangers = rows.Count(row => !Inserts.Exists(insert => row.Token == insert.Token && (string.Equals(row.Competitor, insert.Competitor, StringComparison.Ordinal)
            || (insert.ByFunction && row.Competitor is not null && insert.Competitor is { } name && Target!.Brand.GoneCompetitors.Contains(name)))));
        if (strangers > 0)
        {
            yield return $"result {result}: {strangers} rows that nobody wrote";
        }
    }

    private bool IsPossible(LedgerInsert insert, LedgerRow row)
    {
        var mine = Updates.FindAll(update => string.Equals(update.Competitor, insert.Competitor, StringComparison.Ordinal) && !update.At.EndedBefore(insert.At));
        var sure = mine.FindAll(update => update.At.Acknowledged && insert.At.EndedBefore(update.At));
        return (row is { Label: null, Score: null } && sure.Count == 0)
            || mine.Exists(update => update.Score == row.Score && string.Equals(update.Label, row.Label, StringComparison.Ordinal)
                && !sure.Exists(later => update.At.EndedBefore(later.At)));
    }
}

/// <summary>From before a statement was sent until its answer had come; without end where none came.</summary>
internal readonly record struct LedgerMoment(long Began, long Ended, bool Acknowledged)
{
    public bool EndedBefore(LedgerMoment other) => Ended <= other.Began;
}

internal sealed record LedgerInsert(string? Competitor, int Token, bool ByFunction, LedgerMoment At);

internal sealed record LedgerUpdate(string? Competitor, string Label, decimal Score, LedgerMoment At);

internal readonly record struct LedgerRow(long Result, string? Competitor, int? Token, string? Label, decimal? Score);
