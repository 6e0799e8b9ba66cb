package jsonlex

import (
	"fmt"
	"math"
	"strconv"
)

// Number reads a number and returns its text, which is part of the data.
func (l *Lexer) Number() ([]byte, error) {
	l.Peek()
	start := l.pos
	if _, err := l.scanNumber(); err != nil {
		return nil, err
	}
	return l.data[start:l.pos], nil
}

// Float64 reads a number as the float64 nearest to it.
func (l *Lexer) Float64() (float64, error) {
	l.Peek()
	start := l.pos
	d, err := l.scanNumber()
	if err != nil {
		return 0, err
	}
	if f, ok := d.float64(); ok {
		return f, nil
	}
	f, err := strconv.ParseFloat(string(l.data[start:l.pos]), 64)
	if err != nil {
		return 0, &SyntaxError{start, fmt.Sprintf("the number %s is out of the range of a float64", clip(l.data[start:l.pos]))}
	}
	return f, nil
}

// NonFinite reads NaN, Infinity or -Infinity, if the lexer allows it and one is
// next.
func (l *Lexer) NonFinite() (f float64, ok bool) {
	l.Peek()
	word := l.nonFinite()
	l.pos += len(word)
	switch word {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	return 0, false
}

// nonFinite returns the word for such a number that is next, or nothing.
func (l *Lexer) nonFinite() string {
	if !l.AllowNonFinite {
		return ""
	}
	for _, word := range [...]string{"NaN", "Infinity", "-Infinity"} {
		if len(l.data)-l.pos >= len(word) && string(l.data[l.pos:l.pos+len(word)]) == word {
			return word
		}
	}
	return ""
}

// Float32 reads a number as the float32 nearest to it, rounded once.
func (l *Lexer) Float32() (float32, error) {
	text, err := l.Number()
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(text), 32)
	if err != nil {
		return 0, &SyntaxError{l.pos - len(text), fmt.Sprintf("the number %s is out of the range of a float32", clip(text))}
	}
	return float32(f), nil
}

// Int64 reads an integer of a number of bits.
func (l *Lexer) Int64(bits int) (int64, error) {
	text, err := l.Number()
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseInt(string(text), 10, bits)
	if err != nil {
		return 0, &SyntaxError{l.pos - len(text), fmt.Sprintf("%s is not an integer of %d bits", clip(text), bits)}
	}
	return v, nil
}

// Uint64 reads an unsigned integer of a number of bits.
func (l *Lexer) Uint64(bits int) (uint64, error) {
	text, err := l.Number()
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(string(text), 10, bits)
	if err != nil {
		return 0, &SyntaxError{l.pos - len(text), fmt.Sprintf("%s is not an unsigned integer of %d bits", clip(text), bits)}
	}
	return v, nil
}

// clip keeps a number of a million digits out of an error.
func clip(text []byte) string {
	if len(text) > 40 {
		return string(text[:40]) + "…"
	}
	return string(text)
}

// A decimal is ±mantissa·10^exponent, if exact.
type decimal struct {
	mantissa uint64
	exponent int
	negative bool
	exact    bool
}

var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// float64 is exact when mantissa and power are: the one multiplication or
// division then rounds correctly (Clinger, 1990).
func (d decimal) float64() (float64, bool) {
	if !d.exact || d.mantissa >= 1<<53 {
		return 0, false
	}
	f := float64(d.mantissa)
	switch {
	case d.exponent == 0:
	case 0 < d.exponent && d.exponent < len(powersOfTen):
		f *= powersOfTen[d.exponent]
	case -len(powersOfTen) < d.exponent && d.exponent < 0:
		f /= powersOfTen[-d.exponent]
	default:
		return 0, false
	}
	if d.negative {
		f = -f
	}
	return f, true
}

// maxDigits is how many decimal digits always fit a uint64.
const maxDigits = 19

// scanNumber reads a number by RFC 8259's grammar.
func (l *Lexer) scanNumber() (decimal, error) {
	data, i := l.data, l.pos
	var d decimal
	if i < len(data) && data[i] == '-' {
		d.negative = true
		i++
	}
	first := i
	for i < len(data) && isDigit(data[i]) {
		d.mantissa = d.mantissa*10 + uint64(data[i]-'0')
		i++
	}
	digits := i - first
	switch {
	case digits == 0 && i == l.pos:
		return d, l.Unexpected("a number")
	case digits == 0:
		if i < len(data) && data[i] == 'I' {
			return d, l.Unexpected("a number")
		}
		return d, &SyntaxError{i, "expected a digit after the minus sign"}
	case digits > 1 && data[first] == '0':
		return d, &SyntaxError{first, "a number must not start with a zero before other digits"}
	}
	if i < len(data) && data[i] == '.' {
		i++
		fraction := i
		for i < len(data) && isDigit(data[i]) {
			d.mantissa = d.mantissa*10 + uint64(data[i]-'0')
			i++
		}
		if i == fraction {
			return d, &SyntaxError{i, "expected a digit after the decimal point"}
		}
		digits += i - fraction
		d.exponent = fraction - i
	}
	d.exact = digits <= maxDigits
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		end, exponent, err := scanExponent(data, i+1)
		if err != nil {
			return d, err
		}
		i = end
		d.exponent += exponent
	}
	l.pos = i
	return d, nil
}

func scanExponent(data []byte, i int) (end, exponent int, err error) {
	negative := false
	if i < len(data) && (data[i] == '+' || data[i] == '-') {
		negative = data[i] == '-'
		i++
	}
	first := i
	for i < len(data) && isDigit(data[i]) {
		if exponent < 1e6 { // far beyond any float64; more would overflow
			exponent = exponent*10 + int(data[i]-'0')
		}
		i++
	}
	if i == first {
		return i, 0, &SyntaxError{i, "expected a digit in the exponent"}
	}
	if negative {
		exponent = -exponent
	}
	return i, exponent, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
