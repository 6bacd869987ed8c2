using CsCheck;
using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>
/// The model test fails, shrinks and prints its seed when a guard is missing. Otherwise it would prove nothing. The sequence that first saw
/// it in one run: CaptureOldResult 2, CaptureStar 7, SyncBusyNote 8, CaptureParent 18, NoteFailed 24, SyncFailureNote 28, Stripes 93. Not run
/// to their end yet, so nothing is claimed of them: Horizon, SyncIsolation, BusyNote, ForgetFirst, each of which held sessions prove. The long
/// ones run by name only: <c>--filter "The_model_test_sees_a_missing_guard"</c> with <c>-- NUnit.ExplicitMode=Relaxed</c>.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class GuardTests
{
    [Test]
    public Task The_model_test_sees_that_changes_are_not_noted() => AssertSeenAsync(Guard.Capture, true, false, 200);

    [Test]
    [Explicit("Takes minutes.")]
    [Category("Long")]
    [TestCase(nameof(Guard.CaptureOldResult), true, false)]
    [TestCase(nameof(Guard.CaptureParent), true, false)]
    [TestCase(nameof(Guard.CaptureStar), true, false)]
    [TestCase(nameof(Guard.Stripes), true, false)]
    [TestCase(nameof(Guard.Horizon), true, false)]
    [TestCase(nameof(Guard.NoteFailed), true, false)]
    [TestCase(nameof(Guard.SyncBusyNote), true, false)]
    [TestCase(nameof(Guard.SyncIsolation), true, false)]
    [TestCase(nameof(Guard.SyncFailureNote), true, false)]
    [TestCase(nameof(Guard.BusyNote), false, false)]
    [TestCase(nameof(Guard.ForgetFirst), true, true)]
    public Task The_model_test_sees_a_missing_guard(string guard, bool copied, bool concurrent) =>
        AssertSeenAsync((Guard)typeof(Guard).GetProperty(guard)!.GetValue(null)!, copied, concurrent, 3000);

    private static async Task AssertSeenAsync(Guard without, bool copied, bool concurrent, int sequences)
    {
        var model = new ModelCheck(copied, concurrent, without);

        var failure = await Assert.ThrowsAsync<CsCheckException>(() => model.CheckAsync(sequences));

        Assert.That(failure!.Message, Does.Contain("CsCheck_Seed=").And.Contain("sessions"));
        await TestContext.Out.WriteLineAsync($"{without.Name} seen by sequence {model.UntilFailure}: {failure.Message}");
    }
}
