using System.Globalization;
using System.Numerics;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>A finite numeric of any size, <c>Unscaled / 10^Scale</c>, as PostgreSQL's numeric type counts.</summary>
internal readonly record struct ExactDecimal(BigInteger Unscaled, int Scale)
{
    /// <summary>Parses digits as PostgreSQL prints a numeric, or as JSON writes a number.</summary>
    public static ExactDecimal Parse(string text)
    {
        var exponent = 0;
        var e = text.IndexOfAny(['e', 'E']);
        if (e >= 0)
        {
            exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }

        var point = text.IndexOf('.', StringComparison.Ordinal);
        var scale = point < 0 ? 0 : text.Length - point - 1;
        var digits = point < 0 ? text : text.Remove(point, 1);
        var unscaled = BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return Of(unscaled, scale - exponent);
    }

    /// <summary>What PostgreSQL's cast of a float to numeric gives: the exact binary value at so many significant digits.</summary>
    public static ExactDecimal FromDouble(double value, int significantDigits)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = bits & 0xFFFFFFFFFFFFFL;
        mantissa = exponent == 0 ? mantissa : mantissa + (BigInteger.One << 52);
        exponent = Math.Max(exponent, 1) - 1075;
        var sign = bits < 0 ? BigInteger.MinusOne : BigInteger.One;

        // m × 2^-n is m × 5^n / 10^n: every double is a finite decimal.
        var unscaled = exponent >= 0 ? mantissa << exponent : mantissa * BigInteger.Pow(5, -exponent);
        var scale = exponent >= 0 ? 0 : -exponent;
        var surplus = unscaled.ToString(CultureInfo.InvariantCulture).Length - significantDigits;
        if (surplus > 0)
        {
            unscaled = DivideToEven(unscaled, BigInteger.Pow(10, surplus));
            scale -= surplus;
        }

        return Of(sign * unscaled, scale);
    }

    /// <summary>Rounds half away from zero, as round(numeric, integer) does.</summary>
    public ExactDecimal Round(int scale)
    {
        if (Scale <= scale)
        {
            return new(Unscaled * BigInteger.Pow(10, scale - Scale), scale);
        }

        var divisor = BigInteger.Pow(10, Scale - scale);
        var quotient = BigInteger.DivRem(BigInteger.Abs(Unscaled), divisor, out var rest);
        quotient = rest * 2 >= divisor ? quotient + 1 : quotient;
        return new(Unscaled.Sign * quotient, scale);
    }

    public bool IsIntegral => Round(0).Unscaled * BigInteger.Pow(10, Scale) == Unscaled;

    /// <summary>Whether the value without its sign is <paramref name="limit"/> or more.</summary>
    public bool Reaches(ExactDecimal limit)
    {
        var scale = Math.Max(Scale, limit.Scale);
        return BigInteger.Abs(Round(scale).Unscaled) >= limit.Round(scale).Unscaled;
    }

    /// <summary>The digits with exactly the scale's decimals: 1.50.</summary>
    public override string ToString()
    {
        var digits = BigInteger.Abs(Unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(Scale + 1, '0');
        var sign = Unscaled.Sign < 0 ? "-" : string.Empty;
        return Scale == 0 ? sign + digits : $"{sign}{digits[..^Scale]}.{digits[^Scale..]}";
    }

    /// <summary>The same text for the same value: 1.5 for 1.50.</summary>
    public string ToCanonicalString()
    {
        var text = ToString();
        return Scale == 0 ? text : text.TrimEnd('0').TrimEnd('.');
    }

    private static ExactDecimal Of(BigInteger unscaled, int scale) =>
        scale >= 0 ? new(unscaled, scale) : new(unscaled * BigInteger.Pow(10, -scale), 0);

    private static BigInteger DivideToEven(BigInteger value, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(value, divisor, out var rest);
        var half = (rest * 2).CompareTo(divisor);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
