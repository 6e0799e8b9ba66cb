package model

import (
	"fmt"
	"math"
)

// The steps of graphs of operators, each row on its own.

// An Operand is a column or a constant.
type Operand struct {
	Column   Column
	Constant bool
	Number   float64 // of a constant
}

// Operator is an elementwise function of two numbers. Comparisons and the logical
// ones yield 0 or 1; a number is true unless it is 0.
type Operator uint8

// The operators.
const (
	Add Operator = iota
	Subtract
	Multiply
	Divide
	Raised  // to the power of
	Lesser  // of both; NaN where either is
	Greater // of both; NaN where either is
	IsLess
	IsLessOrEqual
	IsEqual
	And
	Or
	Xor

	lastOperator = Xor
)

var operators = [...]func(a, b float64) float64{
	Add:           func(a, b float64) float64 { return a + b },
	Subtract:      func(a, b float64) float64 { return a - b },
	Multiply:      func(a, b float64) float64 { return a * b },
	Divide:        func(a, b float64) float64 { return a / b },
	Raised:        math.Pow,
	Lesser:        func(a, b float64) float64 { return min(a, b) },
	Greater:       func(a, b float64) float64 { return max(a, b) },
	IsLess:        func(a, b float64) float64 { return truth(a < b) },
	IsLessOrEqual: func(a, b float64) float64 { return truth(a <= b) },
	IsEqual:       func(a, b float64) float64 { return truth(a == b) },
	And:           func(a, b float64) float64 { return truth(a != 0 && b != 0) },
	Or:            func(a, b float64) float64 { return truth(a != 0 || b != 0) },
	Xor:           func(a, b float64) float64 { return truth((a != 0) != (b != 0)) },
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Function returns o as a function of two elements.
func (o Operator) Function() func(a, b float64) float64 { return operators[o] }

// Combine is A Operator B; with F32 it is rounded to float32.
type Combine struct {
	A, B     Operand
	Out      Column
	Operator Operator
	F32      bool
}

// Choose is Then where If is not 0, else Else.
type Choose struct {
	If         Column
	Then, Else Operand
	Out        Column
}

// Truncate is In as x86-64 converts it to a signed integer of 32 or 64 bits:
// towards zero, and what does not fit or is NaN becomes the least.
type Truncate struct {
	In, Out Column
	Bits    uint8
}

// Whole refuses rows in which In is no whole number of 64 bits. It defines no
// column.
type Whole struct {
	In Column
	By string // who refuses
}

func (Combine) step()  {}
func (Choose) step()   {}
func (Truncate) step() {}
func (Whole) step()    {}

func columnsOf(operands ...Operand) []Column {
	var c []Column
	for _, o := range operands {
		if !o.Constant {
			c = append(c, o.Column)
		}
	}
	return c
}

// Reads implements [Wide].
func (s Combine) Reads() []Column { return columnsOf(s.A, s.B) }

// Reads implements [Wide].
func (s Choose) Reads() []Column { return append([]Column{s.If}, columnsOf(s.Then, s.Else)...) }

// Reads implements [Wide].
func (s Truncate) Reads() []Column { return []Column{s.In} }

// Reads implements [Wide].
func (s Whole) Reads() []Column { return []Column{s.In} }

// Defines implements [Wide].
func (s Combine) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (s Choose) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (s Truncate) Defines() []Column { return []Column{s.Out} }

// Defines implements [Wide].
func (Whole) Defines() []Column { return nil }

func (s Combine) check() error {
	if s.Operator > lastOperator {
		return fmt.Errorf("unknown operator %d", s.Operator)
	}
	return nil
}

func (Choose) check() error { return nil }
func (Whole) check() error  { return nil }

func (s Truncate) check() error {
	if s.Bits != 32 && s.Bits != 64 {
		return fmt.Errorf("%d bits", s.Bits)
	}
	return nil
}
