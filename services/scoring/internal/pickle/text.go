package pickle

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDigits bounds integers in text, whose conversion is not linear. CPython
// has the same bound.
const maxDigits = 4300

// maxQuoted is how much of a bad argument an error repeats.
const maxQuoted = 40

func quote(b []byte) string {
	if len(b) > maxQuoted {
		return fmt.Sprintf("%q…", b[:maxQuoted])
	}
	return fmt.Sprintf("%q", b)
}

// decimalIndex reads a memo index in text.
func (r *reader) decimalIndex() (uint64, error) {
	line, err := r.line()
	if err != nil {
		return 0, err
	}
	if len(line) == 0 || len(line) > 19 || !digits(line) {
		return 0, fmt.Errorf("%s is not a memo index", quote(line))
	}
	return strconv.ParseUint(string(line), 10, 64)
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// parseInt reads INT's argument: a decimal integer, or 00 and 01 for the bools
// of protocol 0.
func parseInt(line []byte) (Value, error) {
	switch string(line) {
	case "00":
		return false, nil
	case "01":
		return true, nil
	}
	return parseDecimal(line)
}

// parseLong reads LONG's argument: a decimal integer and an L.
func parseLong(line []byte) (Value, error) {
	if n := len(line); n > 0 && line[n-1] == 'L' {
		line = line[:n-1]
	}
	return parseDecimal(line)
}

func parseDecimal(line []byte) (Value, error) {
	unsigned := line
	if len(line) > 0 && (line[0] == '-' || line[0] == '+') {
		unsigned = line[1:]
	}
	if len(unsigned) == 0 || !digits(unsigned) {
		return nil, fmt.Errorf("%s is not an integer", quote(line))
	}
	if len(unsigned) > maxDigits {
		return nil, fmt.Errorf("an integer of %d digits; at most %d are allowed", len(unsigned), maxDigits)
	}
	if n, err := strconv.ParseInt(string(line), 10, 64); err == nil {
		return n, nil
	}
	n, ok := new(big.Int).SetString(string(line), 10)
	if !ok {
		return nil, fmt.Errorf("%s is not an integer", quote(line))
	}
	return n, nil
}

func parseFloat(line []byte) (Value, error) {
	for _, c := range line {
		// Go reads hexadecimal floats and underscores, Python's float does not
		// write them.
		if c == '_' || c == 'x' || c == 'X' || c == 'p' || c == 'P' {
			return nil, fmt.Errorf("%s is not a float", quote(line))
		}
	}
	f, err := strconv.ParseFloat(string(line), 64)
	if err != nil && !(errors.Is(err, strconv.ErrRange) && math.IsInf(f, 0)) {
		return nil, fmt.Errorf("%s is not a float", quote(line))
	}
	return f, nil
}

// long reads a little-endian two's complement integer of any width.
func (m *machine) long(b []byte) (Value, error) {
	if len(b) <= 8 {
		var n uint64
		for i, c := range b {
			n |= uint64(c) << (8 * i)
		}
		if shift := 64 - 8*len(b); shift < 64 {
			return int64(n<<shift) >> shift, nil //nolint:gosec // two's complement is the format
		}
		return int64(0), nil
	}
	if err := m.budget.spend(2 * int64(len(b))); err != nil {
		return nil, err
	}
	reversed := slices.Clone(b)
	slices.Reverse(reversed)
	n := new(big.Int).SetBytes(reversed)
	if reversed[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b)))) //nolint:gosec // len(b) is not negative
	}
	if n.IsInt64() {
		return n.Int64(), nil
	}
	return n, nil
}

// ascii returns a string of Python 2.
func ascii(b []byte) (string, error) {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return "", fmt.Errorf("a Python 2 string holds the byte 0x%02x at %d; only ASCII is read: save the model again with Python 3", c, i)
		}
	}
	return string(b), nil
}

// parseString reads STRING's argument: a Python 2 string literal in quotes.
func parseString(line []byte) (string, error) {
	n := len(line)
	if n < 2 || line[0] != line[n-1] || (line[0] != '\'' && line[0] != '"') {
		return "", fmt.Errorf("%s is not a string in quotes", quote(line))
	}
	line = line[1 : n-1]
	out := make([]byte, 0, len(line))
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		if i++; i == len(line) {
			return "", errors.New("the string ends in a backslash")
		}
		if j := strings.IndexByte(`abfnrtv\'"`, line[i]); j >= 0 {
			out = append(out, "\a\b\f\n\r\t\v\\'\""[j])
			continue
		}
		if line[i] != 'x' || i+2 >= len(line) {
			return "", fmt.Errorf("unknown escape \\%c in a string", line[i])
		}
		code, err := strconv.ParseUint(string(line[i+1:i+3]), 16, 8)
		if err != nil {
			return "", fmt.Errorf("%s is not a hexadecimal escape", quote(line[i-1:i+3]))
		}
		out = append(out, byte(code))
		i += 2
	}
	return ascii(out)
}

// parseUnicode reads UNICODE's argument: Latin-1 with \uXXXX and \UXXXXXXXX.
// Any other backslash stands for itself, and so does the character after it.
func parseUnicode(line []byte) (string, error) {
	var out strings.Builder
	out.Grow(len(line))
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c != '\\' || i+1 == len(line) {
			out.WriteRune(rune(c))
			continue
		}
		i++
		width := 0
		switch line[i] {
		case 'u':
			width = 4
		case 'U':
			width = 8
		default:
			out.WriteByte('\\')
			out.WriteRune(rune(line[i]))
			continue
		}
		if i+width >= len(line) {
			return "", errors.New("a \\u escape ends in the middle")
		}
		code, err := strconv.ParseUint(string(line[i+1:i+1+width]), 16, 32)
		if err != nil || code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
			return "", fmt.Errorf("%s is not a character", quote(line[i-1:i+1+width]))
		}
		out.WriteRune(rune(code))
		i += width
	}
	return out.String(), nil
}
