namespace Evidently.Schema.Testing;

/// <summary>
/// What occurs in real legacy databases and a migration must survive: for each kind the share of results, 0 to 1, it happens to. A kind
/// that the tables' own constraints and types rule out is left out.
/// </summary>
public sealed record LegacyDirt
{
    private const double Little = 0.01;
    private const double Much = 0.1;

    /// <summary>Clean: every row has its place in the star.</summary>
    public static LegacyDirt None { get; } = new();

    /// <summary>Each kind in 1 % of the results.</summary>
    public static LegacyDirt Some { get; } = Each(Little);

    /// <summary>Each kind in 10 % of the results: hardly one is clean, and many have several kinds at once.</summary>
    public static LegacyDirt Heavy { get; } = Each(Much);

    /// <summary>Rows without a result id: all of a result's, or its last competitor's.</summary>
    /// <value>Default: 0.</value>
    public double NoResultId { get; init; }

    /// <summary>Results without a brand row.</summary>
    /// <value>Default: 0.</value>
    public double NoBrandRow { get; init; }

    /// <summary>Results with a second brand row: later, earlier, at the same time or without a time.</summary>
    /// <value>Default: 0.</value>
    public double DuplicateBrandRow { get; init; }

    /// <summary>Results with a second row of their first competitor.</summary>
    /// <value>Default: 0.</value>
    public double DuplicateCompetitorRow { get; init; }

    /// <summary>Rows whose query, customer, brand or result is not there; brand and result only without foreign keys.</summary>
    /// <value>Default: 0.</value>
    public double MissingParent { get; init; }

    /// <summary>Results with a row of a competitor the brand does not have, some of them a near miss.</summary>
    /// <value>Default: 0.</value>
    public double UnknownCompetitor { get; init; }

    /// <summary>Results with a metric beyond numeric(5,2), or at its very edge. Not in numeric(5,2) columns.</summary>
    /// <value>Default: 0.</value>
    public double OutOfRange { get; init; }

    /// <summary>Results with a metric that is NaN or, where the type has it, infinite.</summary>
    /// <value>Default: 0.</value>
    public double NotANumber { get; init; }

    /// <summary>Results where a required column is NULL, or sentences or positions cannot be converted.</summary>
    /// <value>Default: 0.</value>
    public double Invalid { get; init; }

    /// <summary>Results with a sentiment label nobody knows.</summary>
    /// <value>Default: 0.</value>
    public double UnknownLabel { get; init; }

    /// <summary>Results whose labels are in lower case or have spaces around them.</summary>
    /// <value>Default: 0.</value>
    public double LowerCaseLabel { get; init; }

    /// <summary>Results whose brand row has a competitor name of nothing or spaces.</summary>
    /// <value>Default: 0.</value>
    public double BlankCompetitorName { get; init; }

    /// <summary>Results whose sentences are a JSON string that contains an array.</summary>
    /// <value>Default: 0.</value>
    public double JsonStringSentences { get; init; }

    /// <summary>Results whose sentences are a JSON string that contains no array.</summary>
    /// <value>Default: 0.</value>
    public double BrokenJsonString { get; init; }

    /// <summary>Results whose sentences are NULL or JSON null.</summary>
    /// <value>Default: 0.</value>
    public double NullSentences { get; init; }

    /// <summary>Results whose positions are NULL, JSON null or hold a NULL.</summary>
    /// <value>Default: 0.</value>
    public double NullPositions { get; init; }

    /// <summary>Results without processed_at, created_at or both.</summary>
    /// <value>Default: 0.</value>
    public double MissingTimestamps { get; init; }

    /// <summary>Results without a customer.</summary>
    /// <value>Default: 0.</value>
    public double MissingCustomer { get; init; }

    /// <summary>Results of another customer than the brand's.</summary>
    /// <value>Default: 0.</value>
    public double OtherCustomer { get; init; }

    /// <summary>Results with a sentiment score of 0.</summary>
    /// <value>Default: 0.</value>
    public double ZeroScore { get; init; }

    /// <summary>Results with a sentiment score from -1 to 1.</summary>
    /// <value>Default: 0.</value>
    public double OldScoreScale { get; init; }

    /// <summary>Results without labels, scores and sentences.</summary>
    /// <value>Default: 0.</value>
    public double NotScored { get; init; }

    /// <summary>Results with a topic of NULL, nothing or spaces, half of them with one in the metadata.</summary>
    /// <value>Default: 0.</value>
    public double EmptyTopic { get; init; }

    /// <summary>Results whose metrics, counts and presence are NULL.</summary>
    /// <value>Default: 0.</value>
    public double NullMetrics { get; init; }

    /// <summary>Results with more than two decimals, ties included.</summary>
    /// <value>Default: 0.</value>
    public double Rounding { get; init; }

    /// <summary>Results whose brand row was written last.</summary>
    /// <value>Default: 0.</value>
    public double CompetitorsFirst { get; init; }

    /// <summary>Every kind at the same share.</summary>
    /// <param name="share">0 to 1.</param>
    /// <returns>The dirt.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is not between 0 and 1.</exception>
    public static LegacyDirt Each(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        return new()
        {
            NoResultId = share,
            NoBrandRow = share,
            DuplicateBrandRow = share,
            DuplicateCompetitorRow = share,
            MissingParent = share,
            UnknownCompetitor = share,
            OutOfRange = share,
            NotANumber = share,
            Invalid = share,
            UnknownLabel = share,
            LowerCaseLabel = share,
            BlankCompetitorName = share,
            JsonStringSentences = share,
            BrokenJsonString = share,
            NullSentences = share,
            NullPositions = share,
            MissingTimestamps = share,
            MissingCustomer = share,
            OtherCustomer = share,
            ZeroScore = share,
            OldScoreScale = share,
            NotScored = share,
            EmptyTopic = share,
            NullMetrics = share,
            Rounding = share,
            CompetitorsFirst = share,
        };
    }
}
