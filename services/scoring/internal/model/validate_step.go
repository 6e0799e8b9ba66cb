package model

import (
	"errors"
	"fmt"
	"math"
)

// checkStep checks one step against the columns defined so far and defines
// its own.
func checkStep(t *table, s Step) error {
	switch s := s.(type) {
	case Hash:
		return checkHash(t, s)
	case *Statistic:
		return checkStatistic(t, s)
	case Require:
		if s.Finite {
			return t.read(s.In, Number)
		}
		return t.exists(s.In)
	case Impute:
		if err := t.exists(s.In); err != nil {
			return err
		}
		kind := t.kinds[s.In]
		if err := errors.Join(checkScalar(s.Missing, kind), checkScalar(s.Fill, kind)); err != nil {
			return err
		}
		return t.define(s.Out, kind)
	case Indicate:
		if err := t.exists(s.In); err != nil {
			return err
		}
		if err := checkScalar(s.Missing, t.kinds[s.In]); err != nil {
			return err
		}
		return t.define(s.Out, Number)
	case Standardize:
		if err := finite("mean", s.Mean); err != nil {
			return err
		}
		if s.Scale == 0 {
			return errors.New("scale is 0")
		}
		return t.number(s.In, s.Out, finite("scale", s.Scale))
	case Affine:
		return t.number(s.In, s.Out, errors.Join(finite("scale", s.Scale), finite("offset", s.Offset)))
	case Clip:
		if math.IsNaN(s.Low) || math.IsNaN(s.High) || s.Low > s.High {
			return fmt.Errorf("limits %v to %v are no interval", s.Low, s.High)
		}
		return t.number(s.In, s.Out, nil)
	case Apply:
		if s.Func > lastFunc {
			return fmt.Errorf("unknown function %d", s.Func)
		}
		return t.number(s.In, s.Out, nil)
	case Round32:
		return t.number(s.In, s.Out, nil)
	case ZeroAsMissing:
		return t.number(s.In, s.Out, nil)
	case LowByte:
		return t.number(s.In, s.Out, nil)
	case OneHot:
		return checkOneHot(t, &s)
	case Ordinal:
		return checkOrdinal(t, &s)
	case Text:
		return checkText(t, &s)
	case Nested:
		return checkNested(t, &s)
	case Wide:
		return checkWide(t, s)
	}
	return errors.New("unknown step")
}

// number is the check of a step from one column of numbers to another.
func (t *table) number(in, out Column, constants error) error {
	if constants != nil {
		return constants
	}
	if err := t.read(in, Number); err != nil {
		return err
	}
	return t.define(out, Number)
}

func checkOneHot(t *table, s *OneHot) error {
	if err := checkCategories(t, s.In, s.Categories, s.Unknown); err != nil {
		return err
	}
	if len(s.Slots) != len(s.Categories) {
		return fmt.Errorf("%d slots for %d categories", len(s.Slots), len(s.Categories))
	}
	for _, slot := range append(s.Slots[:len(s.Slots):len(s.Slots)], s.UnknownSlot) {
		if slot < -1 || int(slot) >= len(s.Out) {
			return fmt.Errorf("slot %d; there are %d outputs", slot, len(s.Out))
		}
	}
	for _, c := range s.Out {
		if err := t.define(c, Number); err != nil {
			return err
		}
	}
	return nil
}

func checkOrdinal(t *table, s *Ordinal) error {
	if err := checkCategories(t, s.In, s.Categories, s.Unknown); err != nil {
		return err
	}
	if len(s.Codes) != len(s.Categories) {
		return fmt.Errorf("%d codes for %d categories", len(s.Codes), len(s.Categories))
	}
	return t.define(s.Out, Number)
}

func checkCategories(t *table, in Column, categories []Scalar, u Unknown) error {
	if err := t.exists(in); err != nil {
		return err
	}
	if u > UnknownValue {
		return fmt.Errorf("unknown rule %d for unknown values", u)
	}
	for i, c := range categories {
		if err := checkScalar(c, t.kinds[in]); err != nil {
			return fmt.Errorf("category %d: %w", i, err)
		}
	}
	return nil
}

func finite(name string, x float64) error {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Errorf("%s is %v", name, x)
	}
	return nil
}
