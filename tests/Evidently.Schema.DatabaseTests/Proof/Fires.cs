using System.Collections.Concurrent;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>Deals kinds of fire like cards, none again before all that can burn have been dealt, and counts how often each was really lit.</summary>
internal sealed class Fires(int seed)
{
    private static readonly Fire[] Attempts = [Fire.KillUp, Fire.KillDown, Fire.SecondRunner, Fire.ThirdRunner];

    private readonly Random _random = new(seed);
    private readonly List<Fire> _cards = [];
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Fire, int> _lit = new();

    /// <summary>The kinds that have not been lit.</summary>
    public IReadOnlyList<Fire> Unlit => [.. Enum.GetValues<Fire>().Except(_lit.Keys)];

    /// <summary>How often each was lit.</summary>
    public string Text => string.Join(", ", Enum.GetValues<Fire>().Select(fire => $"{fire} {_lit.GetValueOrDefault(fire)}"));

    /// <summary>Whether it can burn where legacy is archived only.</summary>
    public static bool NeedsArchive(Fire fire) => fire is Fire.HoldArchived or Fire.SwitchTarget;

    public void Lit(Fire fire) => _lit.AddOrUpdate(fire, 1, (_, lit) => lit + 1);

    /// <summary>The next one that can burn, of those beside an attempt: how an attempt ends is not among them. One that cannot yet comes first as soon as it can.</summary>
    public Fire Next(Predicate<Fire> canBurn)
    {
        lock (_gate)
        {
            var next = _cards.FindIndex(canBurn);
            if (next < 0)
            {
                var cards = Enum.GetValues<Fire>().Except(Attempts).ToArray();
                _random.Shuffle(cards);
                _cards.AddRange(cards.Except(_cards));
                next = _cards.FindIndex(canBurn);
            }

            var fire = _cards[next];
            _cards.RemoveAt(next);
            return fire;
        }
    }
}
