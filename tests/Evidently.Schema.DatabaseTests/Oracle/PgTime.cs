using System.Globalization;
using System.Numerics;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>A timestamptz, infinite and BC ones included: microseconds since 1970, read as <see cref="OneSnapshot.Epoch" />.</summary>
internal readonly record struct PgTime(Int128 Microseconds)
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    public static PgTime Infinity { get; } = new(Int128.MaxValue);

    public static PgTime MinusInfinity { get; } = new(Int128.MinValue);

    public bool IsInfinite => this == Infinity || this == MinusInfinity;

    public static PgTime? Parse(string? epoch) => epoch switch
    {
        null => null,
        "Infinity" => Infinity,
        "-Infinity" => MinusInfinity,
        _ => new((Int128)(ExactDecimal.Parse(epoch).Round(6).Unscaled)),
    };

    /// <summary>Midnight UTC of its day; an infinite time stays infinite, as the cast to date does it.</summary>
    public PgTime UtcDay()
    {
        if (IsInfinite)
        {
            return this;
        }

        var day = Microseconds / MicrosecondsPerDay;
        day = Microseconds < day * MicrosecondsPerDay ? day - 1 : day;
        return new(day * MicrosecondsPerDay);
    }

    public override string ToString()
    {
        if (IsInfinite)
        {
            return this == Infinity ? "infinity" : "-infinity";
        }

        var ticks = (BigInteger)Microseconds * 10 + DateTime.UnixEpoch.Ticks;
        return ticks >= DateTime.MinValue.Ticks && ticks <= DateTime.MaxValue.Ticks
            ? new DateTime((long)ticks, DateTimeKind.Utc).ToString("yyyy-MM-dd HH:mm:ss.ffffffZ", CultureInfo.InvariantCulture)
            : $"{Microseconds} µs";
    }
}
