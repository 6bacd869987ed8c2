namespace Evidently.Schema.Testing.Traffic;

/// <summary>The application's writer: DELETE, one INSERT with the brand row first, later an UPDATE a row, each a transaction of its own.</summary>
internal sealed class TrafficWriter(TrafficOptions options, TrafficWorld world, WriteLedger ledger, IReadOnlyList<TrafficClient> clients)
{
    private const double ScoredAgain = 0.4;
    private const double TwoScorers = 0.15;
    private const double SameSentiment = 0.4;

    private static readonly string[] Labels = ["POSITIVE", "NEGATIVE", "NEUTRAL", "positive"];

    private int _token;

    /// <summary>Scores a new result or, often, one again; now and then two scorers at once.</summary>
    public async Task ScoreAsync(long due, Random random, bool byFunction)
    {
        // Everything is chosen before the first await: the loop goes on with the same random numbers.
        var again = random.NextDouble() < ScoredAgain ? world.Scored(random) : null;
        var target = again ?? world.New(random);
        var scorers = Enumerable.Range(0, random.NextDouble() < TwoScorers ? 2 : 1).Select(_ => new Scorer(
            clients[random.Next(clients.Count)], random.NextDouble() * options.SentimentWithin, new Random(random.Next()), byFunction)).ToArray();
        if (again is null)
        {
            var collected = await scorers[0].Client.RunAsync(
                TrafficSql.Collect, due, () => world.IsGone(target), target.Brand.Id, target.Customer, target.Prompt, target.Collector).ConfigureAwait(false);
            if (collected.Scalar is not long result)
            {
                return;
            }

            target = target with { Result = result };
            due = collected.Ended;
        }

        await Task.WhenAll(scorers.Select(scorer => ScoreAsync(scorer, target, due))).ConfigureAwait(false);
        world.Remember(target);
    }

    private async Task ScoreAsync(Scorer scorer, TrafficTarget target, long due)
    {
        var token = Interlocked.Increment(ref _token);
        var saved = scorer.ByFunction ? await SaveAsync(scorer, target, token, due).ConfigureAwait(false) : await InsertAsync(scorer, target, token, due).ConfigureAwait(false);
        if (!saved)
        {
            return;
        }

        await Task.Delay(scorer.Sentiment, TimeProvider.System).ConfigureAwait(false);
        await SentimentAsync(scorer, target).ConfigureAwait(false);
        if (scorer.Random.NextDouble() < SameSentiment)
        {
            await SentimentAsync(scorer with { Random = new Random(token) }, target).ConfigureAwait(false);
            await SentimentAsync(scorer with { Random = new Random(token) }, target).ConfigureAwait(false);
        }
    }

    private async Task<bool> InsertAsync(Scorer scorer, TrafficTarget target, int token, long due)
    {
        var deleted = await scorer.Client.RunAsync(TrafficSql.Delete, due, null, target.Result).ConfigureAwait(false);
        ledger.Deleted(target.Result, deleted);
        if (deleted.Outcome is not TrafficOutcome.Done)
        {
            return false;
        }

        object?[] values = [target.Result, target.Brand.Id, target.Customer, target.Prompt, target.Collector, token, .. target.Competitors];
        var inserted = await scorer.Client.RunAsync(TrafficSql.Insert(target.Competitors.Length), deleted.Ended, () => world.IsGone(target), values).ConfigureAwait(false);
        ledger.Inserted(target, token, byFunction: false, inserted);
        return inserted.Outcome is TrafficOutcome.Done;
    }

    private async Task<bool> SaveAsync(Scorer scorer, TrafficTarget target, int token, long due)
    {
        var saved = await scorer.Client.RunAsync(
            TrafficSql.Save, due, () => world.IsGone(target),
            target.Result, target.Brand.Id, target.Customer, target.Prompt, target.Collector, token, target.Competitors).ConfigureAwait(false);
        ledger.Deleted(target.Result, saved);
        ledger.Inserted(target, token, byFunction: true, saved);
        return saved.Outcome is TrafficOutcome.Done;
    }

    private async Task SentimentAsync(Scorer scorer, TrafficTarget target)
    {
        var due = TimeProvider.System.GetTimestamp();
        foreach (var competitor in target.Competitors.Prepend(null))
        {
            var (label, score) = (Labels[scorer.Random.Next(Labels.Length)], scorer.Random.Next(100, 10_001) / 100m);
            var updated = competitor is null
                ? await scorer.Client.RunAsync(TrafficSql.SentimentOfBrand, due, null, target.Result, label, score).ConfigureAwait(false)
                : await scorer.Client.RunAsync(TrafficSql.SentimentOfCompetitor, due, null, target.Result, label, score, competitor).ConfigureAwait(false);
            ledger.Updated(target.Result, competitor, label, score, updated);
            due = updated.Ended;
        }
    }

    private readonly record struct Scorer(TrafficClient Client, TimeSpan Sentiment, Random Random, bool ByFunction);
}
