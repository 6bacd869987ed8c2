namespace Evidently.Schema.DatabaseTests;

/// <summary>Waits for something that happens elsewhere: asks again until it holds, and fails after a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static Task Holds(Func<Task<bool>> condition, string what, TimeSpan? within = null) => Holds(condition, () => what, within);

    public static async Task Holds(Func<Task<bool>> condition, Func<string> what, TimeSpan? within = null)
    {
        var deadline = within ?? TimeSpan.FromSeconds(30);
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(deadline), $"Not in time: {what()}.");
            await Task.Delay(Pause, TimeProvider.System);
        }
    }
}
