namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>Waits for a condition, with a deadline, where there is no signal to wait for.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Deadline)
            {
                throw new TimeoutException($"It did not come to pass within {Deadline} that {what}.");
            }

            await Task.Delay(Interval);
        }
    }
}
