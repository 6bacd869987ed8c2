namespace Evidently.Schema.Hosting.Data;

/// <summary>Waits that double up to a longest, each cut to between half and all of itself, so that many hosts do not ask in step.</summary>
internal sealed class Backoff
{
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;
    private readonly Func<double> _chance;
    private TimeSpan _next;

    /// <param name="first">The first wait.</param>
    /// <param name="longest">The longest.</param>
    /// <param name="chance">From 0 to 1.</param>
    public Backoff(TimeSpan first, TimeSpan longest, Func<double> chance) => (_first, _longest, _chance, _next) = (first, longest, chance, first);

    public TimeSpan Next()
    {
        var wait = _next;
        _next = wait * 2 < _longest ? wait * 2 : _longest;
        return wait * (0.5 + (_chance() / 2));
    }

    public void Reset() => _next = _first;
}
