namespace Evidently.Schema.Testing.Legacy;

/// <summary>Picks, greedily, the variants that cover most pairs of values not covered yet.</summary>
internal static class PairwiseVariants
{
    private static readonly int[] Sizes = [3, 2, 2, 3, 2, 2, 2, 2, 2, 2];

    private static readonly Lazy<IReadOnlyList<LegacyVariant>> Picked = new(() => [.. Pick().Select(ToVariant)]);

    public static IReadOnlyList<LegacyVariant> All => Picked.Value;

    /// <summary>Value 0 of each dimension is the default.</summary>
    private static LegacyVariant ToVariant(int[] values) => new()
    {
        CompetitorId = (CompetitorIdType)values[0],
        LegacyId = (LegacyIdType)values[1],
        Positions = (PositionsType)values[2],
        Metrics = (MetricType)values[3],
        ExtraColumns = values[4] == 0,
        Sentiment = values[5] == 0,
        ForeignKeys = values[6] == 0,
        ResultIndex = values[7] == 0,
        SupabaseRoles = values[8] == 1,
        NotNull = values[9] == 1,
    };

    private static List<int[]> Pick()
    {
        var candidates = Combinations().ToList();
        var open = candidates.SelectMany(Pairs).ToHashSet();
        var picked = new List<int[]>();
        var next = candidates[0];
        while (open.Count > 0)
        {
            picked.Add(next);
            open.ExceptWith(Pairs(next));
            next = candidates.MaxBy(candidate => Pairs(candidate).Count(open.Contains))!;
        }

        return picked;
    }

    private static IEnumerable<int[]> Combinations()
    {
        for (var number = 0; number < Sizes.Aggregate((product, size) => product * size); number++)
        {
            var rest = number;
            yield return Array.ConvertAll(Sizes, size =>
            {
                var value = rest % size;
                rest /= size;
                return value;
            });
        }
    }

    private static IEnumerable<(int First, int FirstValue, int Second, int SecondValue)> Pairs(int[] values) =>
        from first in Enumerable.Range(0, values.Length)
        from second in Enumerable.Range(first + 1, values.Length - first - 1)
        select (first, values[first], second, values[second]);
}
