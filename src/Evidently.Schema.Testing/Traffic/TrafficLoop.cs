namespace Evidently.Schema.Testing.Traffic;

/// <summary>Begins something so many times a second, whether or not what it began before has ended.</summary>
internal sealed class TrafficLoop(double perSecond, int seed, Func<long, Random, Task> begin)
{
    private readonly Random _random = new(seed);
    private readonly HashSet<Task> _underWay = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource? _stop;
    private Task _running = Task.CompletedTask;

    public void Resume()
    {
        if (_stop is null && perSecond > 0)
        {
            _stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _running = RunAsync(_stop.Task);
        }
    }

    public async Task PauseAsync()
    {
        if (_stop is not { } stop)
        {
            return;
        }

        _stop = null;
        stop.SetResult();
        await _running.ConfigureAwait(false);
        Task[] left;
        lock (_gate)
        {
            left = [.. _underWay];
        }

        await Task.WhenAll(left).ConfigureAwait(false);
    }

    private async Task RunAsync(Task stop)
    {
        var interval = (long)(TimeProvider.System.TimestampFrequency / perSecond);
        for (var due = TimeProvider.System.GetTimestamp(); ; due += interval)
        {
            var early = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), due);
            if (early > TimeSpan.Zero)
            {
                await Task.WhenAny(stop, Task.Delay(early, TimeProvider.System)).ConfigureAwait(false);
            }

            if (stop.IsCompleted)
            {
                return;
            }

            Track(begin(due, _random));
        }
    }

    private void Track(Task task)
    {
        lock (_gate)
        {
            _underWay.Add(task);
        }

        _ = task.ContinueWith(
            ended =>
            {
                if (!ended.IsFaulted) // a fault is thrown at the next pause
                {
                    lock (_gate)
                    {
                        _underWay.Remove(ended);
                    }
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
