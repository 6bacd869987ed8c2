using Evidently.Schema.Testing.Legacy;

namespace Evidently.Schema.Testing;

/// <summary>The type of <c>brand_competitors.id</c>.</summary>
public enum CompetitorIdType
{
    /// <summary><c>integer</c>.</summary>
#pragma warning disable CA1720 // It is the name of a PostgreSQL type.
    Integer,
#pragma warning restore CA1720

    /// <summary><c>bigint</c>.</summary>
    Bigint,

    /// <summary><c>uuid</c>.</summary>
    Uuid,
}

/// <summary>The type of <c>extracted_positions.id</c>.</summary>
public enum LegacyIdType
{
    /// <summary><c>bigint</c>.</summary>
    Bigint,

    /// <summary><c>uuid</c>.</summary>
    Uuid,
}

/// <summary>The type of the two positions columns.</summary>
public enum PositionsType
{
    /// <summary><c>integer[]</c>.</summary>
    IntegerArray,

    /// <summary><c>jsonb</c>.</summary>
    Jsonb,
}

/// <summary>The type of the visibility, share and score columns.</summary>
public enum MetricType
{
    /// <summary><c>numeric</c>.</summary>
    Numeric,

    /// <summary><c>numeric(5,2)</c>.</summary>
    Numeric52,

    /// <summary><c>double precision</c>.</summary>
    DoublePrecision,
}

/// <summary>One of the shapes in which the legacy database occurs.</summary>
public sealed record LegacyVariant
{
    /// <summary>The type of <c>brand_competitors.id</c>.</summary>
    /// <value>Default: integer.</value>
    public CompetitorIdType CompetitorId { get; init; } = CompetitorIdType.Integer;

    /// <summary>The type of <c>extracted_positions.id</c>.</summary>
    /// <value>Default: bigint.</value>
    public LegacyIdType LegacyId { get; init; } = LegacyIdType.Bigint;

    /// <summary>The type of <c>brand_positions</c> and <c>competitor_positions</c>.</summary>
    /// <value>Default: integer[].</value>
    public PositionsType Positions { get; init; } = PositionsType.IntegerArray;

    /// <summary>The type of the visibility, share and score columns.</summary>
    /// <value>Default: numeric.</value>
    public MetricType Metrics { get; init; } = MetricType.Numeric;

    /// <summary>Whether there are topic, metadata, brand_name, raw_answer and the two counts of product mentions.</summary>
    /// <value>Default: true.</value>
    public bool ExtraColumns { get; init; } = true;

    /// <summary>Whether there are the eight sentiment columns.</summary>
    /// <value>Default: true.</value>
    public bool Sentiment { get; init; } = true;

    /// <summary>Whether legacy and collector_results have foreign keys, ON DELETE CASCADE. Without them a deleted brand, result or
    /// prompt leaves its legacy rows behind.</summary>
    /// <value>Default: true.</value>
    public bool ForeignKeys { get; init; } = true;

    /// <summary>Whether an index leads with <c>collector_result_id</c>.</summary>
    /// <value>Default: true.</value>
    public bool ResultIndex { get; init; } = true;

    /// <summary>Whether the roles anon, authenticated and service_role get everything in public by default, as on Supabase. Roles belong
    /// to the server: once created, every database on it sees them.</summary>
    /// <value>Default: false.</value>
    public bool SupabaseRoles { get; init; }

    /// <summary>Whether the columns a fact needs are NOT NULL in legacy.</summary>
    /// <value>Default: false.</value>
    public bool NotNull { get; init; }

    /// <summary>Few variants in which every two values of two properties occur together; the same ones, in the same order, each time.
    /// The first is the default.</summary>
    /// <returns>About a dozen variants.</returns>
    public static IEnumerable<LegacyVariant> Pairwise() => PairwiseVariants.All;
}
