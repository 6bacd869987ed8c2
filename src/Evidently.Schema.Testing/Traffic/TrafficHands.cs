namespace Evidently.Schema.Testing.Traffic;

/// <summary>What is done by hand: parents added, changed and deleted, of the traffic's own.</summary>
internal sealed class TrafficHands(TrafficOptions options, TrafficWorld world, TrafficClient client)
{
    private int _done;

    /// <summary>Each in turn, so that a short run has them all.</summary>
    public Task ActAsync(long due, Random random) => (_done++ % 8) switch
    {
        0 => AddCompetitorAsync(due, world.Any(random)),
        1 => RenameTopicAsync(due, world.Any(random), random),
        2 => DeleteResultAsync(due, random),
        3 => RenameCompetitorAsync(due, world.Any(random), random),
        4 => MoveBrandAsync(due, world.Any(random), random),
        5 => ReplacePromptAsync(due, world.Any(random), random),
        6 => DeleteCompetitorAsync(due, world.Any(random), random),
        _ => ReplaceBrandAsync(due, world.Any(random), random),
    };

    private async Task AddCompetitorAsync(long due, TrafficBrand brand)
    {
        var name = world.NewName();
        if (brand.Competitors.Count < TrafficWorld.MostCompetitors
            && (await client.RunAsync(TrafficSql.AddCompetitor, due, () => brand.Gone, brand.Id, name).ConfigureAwait(false)).Outcome is TrafficOutcome.Done)
        {
            world.Change(() => brand.Competitors.Add(name));
        }
    }

    private Task<TrafficResult> RenameTopicAsync(long due, TrafficBrand brand, Random random) =>
        client.RunAsync(TrafficSql.RenameTopic, due, null, world.Pick(brand.Prompts, random), world.NewName());

    private async Task RenameCompetitorAsync(long due, TrafficBrand brand, Random random)
    {
        if (world.Pick(brand.Competitors, random) is { } was)
        {
            var name = world.NewName();
            world.Change(() => brand.GoneCompetitors.Add(was));
            await client.RunAsync(TrafficSql.RenameCompetitor, due, null, brand.Id, was, name).ConfigureAwait(false);
            world.Change(() =>
            {
                brand.Competitors.Remove(was);
                brand.Competitors.Add(name);
            });
        }
    }

    private async Task DeleteCompetitorAsync(long due, TrafficBrand brand, Random random)
    {
        if (brand.Competitors.Count > 1 && world.Pick(brand.Competitors, random) is { } name)
        {
            world.Change(() =>
            {
                brand.Competitors.Remove(name);
                brand.GoneCompetitors.Add(name);
            });
            await client.RunAsync(TrafficSql.DeleteCompetitor, due, null, brand.Id, name).ConfigureAwait(false);
        }
    }

    private async Task MoveBrandAsync(long due, TrafficBrand brand, Random random)
    {
        var customer = world.Customer(random);
        await client.RunAsync(TrafficSql.MoveBrand, due, null, brand.Id, customer).ConfigureAwait(false);
        world.Change(() => brand.Customer = customer);
    }

    private async Task DeleteResultAsync(long due, Random random)
    {
        if (world.Scored(random) is { } target)
        {
            world.Change(() => target.Brand.GoneResults.Add(target.Result));
            world.Forget(scored => scored.Result == target.Result);
            await client.RunAsync(TrafficSql.DeleteResult, due, null, target.Result).ConfigureAwait(false);
        }
    }

    private async Task ReplacePromptAsync(long due, TrafficBrand brand, Random random)
    {
        var added = await client.RunAsync(TrafficSql.AddPrompt, due, () => brand.Gone, brand.Id, brand.Customer, world.NewName()).ConfigureAwait(false);
        if (added.Scalar is Guid prompt)
        {
            var old = brand.Prompts[0];
            world.Change(() =>
            {
                brand.Prompts.Add(prompt);
                brand.Prompts.Remove(old);
                brand.GonePrompts.Add(old);
            });
            world.Forget(target => target.Prompt == old);
            await client.RunAsync(TrafficSql.DeletePrompt, added.Ended, null, old).ConfigureAwait(false);
        }
    }

    private async Task ReplaceBrandAsync(long due, TrafficBrand old, Random random)
    {
        var customer = world.Customer(random);
        var added = await client.RunAsync(TrafficSql.AddBrand, due, null, customer).ConfigureAwait(false);
        if (added.Scalar is not Guid id)
        {
            return;
        }

        var brand = new TrafficBrand(id, customer);
        var prompt = await client.RunAsync(TrafficSql.AddPrompt, added.Ended, null, id, customer, world.NewName()).ConfigureAwait(false);
        var name = world.NewName();
        var competitor = await client.RunAsync(TrafficSql.AddCompetitor, prompt.Ended, null, id, name).ConfigureAwait(false);
        if (prompt.Scalar is Guid query && competitor.Outcome is TrafficOutcome.Done)
        {
            brand.Prompts.Add(query);
            brand.Competitors.Add(name);
            world.Add(brand);
            world.Forget(old);
            await Task.Delay(options.SentimentWithin / 2, TimeProvider.System).ConfigureAwait(false); // scorers of it are still at work
            await client.RunAsync(TrafficSql.DeleteBrand, TimeProvider.System.GetTimestamp(), null, old.Id).ConfigureAwait(false);
        }
    }
}
