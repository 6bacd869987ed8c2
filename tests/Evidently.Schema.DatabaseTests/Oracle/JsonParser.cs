using System.Globalization;
using System.Numerics;
using System.Text;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>
/// Parses what PostgreSQL's jsonb accepts, and refuses what it refuses: System.Text.Json stops at other
/// depths, other numbers and other escapes.
/// </summary>
internal sealed class JsonParser
{
    private readonly string _text;
    private readonly int _levels;
    private int _at;
    private int _depth;

    private JsonParser(string text, int levels) => (_text, _levels) = (text, levels);

    /// <param name="text">What may be JSON.</param>
    /// <param name="levels">How many levels below the outermost value another may lie.</param>
    public static Json? TryParse(string text, int levels = int.MaxValue)
    {
        var parser = new JsonParser(text, levels);
        try
        {
            var value = parser.ReadValue();
            parser.SkipSpace();
            return parser._at == text.Length ? value : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private Json ReadValue()
    {
        SkipSpace();
        if (_depth > _levels)
        {
            throw Malformed();
        }

        return Peek() switch
        {
            '[' => Nested(ReadArray),
            '{' => Nested(ReadObject),
            '"' => new(JsonKind.Text) { Text = ReadText() },
            't' => ReadWord("true", JsonKind.True),
            'f' => ReadWord("false", JsonKind.False),
            'n' => ReadWord("null", JsonKind.Null),
            _ => new(JsonKind.Number) { Number = ReadNumber() },
        };
    }

    private Json Nested(Func<Json> read)
    {
        _depth++;
        var value = Json.OnEnoughStack(read);
        _depth--;
        return value;
    }

    private Json ReadArray()
    {
        var items = new List<Json>();
        Expect('[');
        SkipSpace();
        if (Peek() != ']')
        {
            do
            {
                items.Add(ReadValue());
                SkipSpace();
            }
            while (Take(','));
        }

        Expect(']');
        return new(JsonKind.Array) { Items = items };
    }

    private Json ReadObject()
    {
        var members = new Dictionary<string, Json>(StringComparer.Ordinal);
        Expect('{');
        SkipSpace();
        if (Peek() != '}')
        {
            do
            {
                SkipSpace();
                var key = ReadText();
                SkipSpace();
                Expect(':');
                members[key] = ReadValue();
                SkipSpace();
            }
            while (Take(','));
        }

        Expect('}');
        return new(JsonKind.Object) { Members = members };
    }

    private Json ReadWord(string word, JsonKind kind)
    {
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
        {
            throw Malformed();
        }

        _at += word.Length;
        return new(kind);
    }

    private string ReadText()
    {
        var text = new StringBuilder();
        Expect('"');
        for (var c = Next(); c != '"'; c = Next())
        {
            if (c < ' ')
            {
                throw Malformed();
            }

            text.Append(c == '\\' ? ReadEscape() : c.ToString());
        }

        return text.ToString();
    }

    private string ReadEscape()
    {
        var c = Next();
        switch (c)
        {
            case '"' or '\\' or '/':
                return c.ToString();
            case 'b':
                return "\b";
            case 'f':
                return "\f";
            case 'n':
                return "\n";
            case 'r':
                return "\r";
            case 't':
                return "\t";
            case 'u':
                return ReadCodePoint();
            default:
                throw Malformed();
        }
    }

    private string ReadCodePoint()
    {
        var high = ReadHex();
        if (!char.IsSurrogate(high))
        {
            // jsonb cannot hold U+0000.
            return high == '\0' ? throw Malformed() : high.ToString();
        }

        if (char.IsLowSurrogate(high) || Next() != '\\' || Next() != 'u')
        {
            throw Malformed();
        }

        var low = ReadHex();
        return char.IsLowSurrogate(low) ? string.Concat(high, low) : throw Malformed();
    }

    private char ReadHex()
    {
        if (_at + 4 > _text.Length
            || !ushort.TryParse(_text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
        {
            throw Malformed();
        }

        _at += 4;
        return (char)code;
    }

    private ExactDecimal ReadNumber()
    {
        var start = _at;
        Take('-');
        var whole = ReadDigits();
        if (whole.Length > 1 && whole[0] == '0')
        {
            throw Malformed();
        }

        var fraction = Take('.') ? ReadDigits() : string.Empty;
        var exponent = BigInteger.Zero;
        if (Take('e') || Take('E'))
        {
            var negative = Take('-');
            _ = negative || Take('+');
            exponent = BigInteger.Parse(ReadDigits(), CultureInfo.InvariantCulture);
            exponent = negative ? -exponent : exponent;
        }

        var isZero = whole.Trim('0').Length == 0 && fraction.Trim('0').Length == 0;
        var leading = whole.Length + exponent;
        if ((!isZero && leading > 131_072) || fraction.Length - exponent > 16_383 || BigInteger.Abs(exponent) > int.MaxValue / 2)
        {
            throw Malformed();
        }

        return isZero ? new(BigInteger.Zero, 0) : ExactDecimal.Parse(_text[start.._at]);
    }

    private string ReadDigits()
    {
        var start = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            _at++;
        }

        return _at == start ? throw Malformed() : _text[start.._at];
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\n' or '\r')
        {
            _at++;
        }
    }

    private char Peek() => _at < _text.Length ? _text[_at] : '\0';

    private char Next() => _at < _text.Length ? _text[_at++] : throw Malformed();

    private bool Take(char c)
    {
        var taken = Peek() == c;
        _at += taken ? 1 : 0;
        return taken;
    }

    private void Expect(char c)
    {
        if (!Take(c))
        {
            throw Malformed();
        }
    }

    private FormatException Malformed() => new($"not jsonb at character {_at}");
}
