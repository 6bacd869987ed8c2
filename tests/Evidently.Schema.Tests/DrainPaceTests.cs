using Evidently.Schema.Hosting;
using Evidently.Schema.Hosting.DualWrite;
using NUnit.Framework;

namespace Evidently.Schema.Tests;

[TestFixture]
public sealed class DrainPaceTests
{
    private static readonly DrainTurn Idle = new(0, 0);
    private static readonly DrainTurn AnothersTurn = new(null, null);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(200);

    [Test]
    public void Idle_waits_double_up_to_the_longest_and_begin_anew_after_work()
    {
        var pace = Pace(chance: 1);

        Assert.That(Enumerable.Range(0, 5).Select(turn => pace.After(turn % 2 == 0 ? Idle : AnothersTurn, Short).TotalSeconds), Is.EqualTo(new[] { 1.0, 2, 4, 5, 5 }));
        Assert.That(pace.After(new DrainTurn(1, 0), Short), Is.EqualTo(TimeSpan.Zero));
        Assert.That(pace.After(Idle, Short), Is.EqualTo(TimeSpan.FromSeconds(1)));
    }

    [TestCase(0, 0.5)]
    [TestCase(0.5, 0.75)]
    [TestCase(1, 1)]
    public void A_wait_is_between_half_and_all_of_its_length(double chance, double seconds) =>
        Assert.That(Pace(chance).After(Idle, Short), Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    [Test]
    public void Failures_wait_as_idleness_does_and_halve_the_batch()
    {
        var pace = Pace(chance: 1);

        Assert.That(Enumerable.Range(0, 4).Select(_ => pace.AfterFailure().TotalSeconds), Is.EqualTo(new[] { 1.0, 2, 4, 5 }));
        Assert.That(pace.Batch, Is.EqualTo(3));
    }

    [Test]
    public void A_batch_grows_while_full_turns_are_short_and_shrinks_when_one_is_long()
    {
        var pace = Pace(chance: 1);

        Assert.That(pace.Batch, Is.EqualTo(50));
        pace.After(new DrainTurn(50, 0), Short);
        Assert.That(pace.Batch, Is.EqualTo(100));
        pace.After(new DrainTurn(99, 0), Short);
        Assert.That(pace.Batch, Is.EqualTo(100), "a turn that was not full says nothing of a larger one");
        pace.After(new DrainTurn(100, 0), Short);
        Assert.That(pace.Batch, Is.EqualTo(120), "no more than the option");
        pace.After(new DrainTurn(0, 1), Long);
        Assert.That(pace.Batch, Is.EqualTo(60));
        for (var turn = 0; turn < 10; turn++)
        {
            pace.After(new DrainTurn(1, 0), Long);
        }

        Assert.That(pace.Batch, Is.EqualTo(1));
    }

    [Test]
    public void A_batch_begins_no_larger_than_the_option() =>
        Assert.That(new DrainPace(new DrainingOptions { BatchSize = 7 }, () => 1).Batch, Is.EqualTo(7));

    private static DrainPace Pace(double chance) =>
        new(new DrainingOptions { Interval = TimeSpan.FromSeconds(1), MaxInterval = TimeSpan.FromSeconds(5), BatchSize = 120 }, () => chance);
}
