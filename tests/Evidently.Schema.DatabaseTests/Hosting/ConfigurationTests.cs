using Evidently.Schema.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>Options from a configuration section.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class ConfigurationTests
{
    [Test]
    public async Task Options_are_bound_and_code_has_the_last_word()
    {
        await using var provider = Provider(
            options => options.BackfillWorkers = 4,
            ("ConnectionString", "Host=h"), ("MigrateOnStartup", "true"), ("BackfillWorkers", "3"), ("Startup:InBackground", "Backfill"), ("Draining:Interval", "00:00:02"), ("Health:MaxRejectedGrowth", "7"));

        var options = provider.GetRequiredService<IOptions<SchemaOptions>>().Value;

        Assert.Multiple(() =>
        {
            Assert.That(options.ConnectionString, Is.EqualTo("Host=h"));
            Assert.That(options.MigrateOnStartup);
            Assert.That(options.BackfillWorkers, Is.EqualTo(4));
            Assert.That(options.Startup.InBackground, Is.EqualTo(Phase.Backfill));
            Assert.That(options.Draining.Interval, Is.EqualTo(TimeSpan.FromSeconds(2)));
            Assert.That(options.Health.MaxRejectedGrowth, Is.EqualTo(7));
        });
    }

    [Test]
    public async Task A_key_that_is_no_option_is_refused_when_the_host_starts()
    {
        await using var provider = Provider(null, ("ConnectionString", "Host=h"), ("MigrateOnStratup", "true"));

        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate())!;

        Assert.That(exception.Message, Does.Contain("MigrateOnStratup"));
    }

    [Test]
    public async Task A_phase_that_no_host_may_reach_by_itself_is_refused()
    {
        await using var provider = Provider(null, ("ConnectionString", "Host=h"), ("Startup:InBackground", "Retire"), ("Startup:Lease", "00:00:00"));

        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate())!;

        Assert.That(exception.Message, Does.Contain("Retire").And.Contain("Lease"));
    }

    private static ServiceProvider Provider(Action<SchemaOptions>? configure, params (string Key, string Value)[] values) =>
        new ServiceCollection()
            .AddEvidentlySchema(new ConfigurationBuilder().AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value))).Build(), configure)
            .BuildServiceProvider();
}
