package oip

import (
	"math"
	"strconv"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
)

// object reads an object; member reads the value of a key.
func (r *reader) object(what string, member func(key string) error) error {
	if err := r.lex.Expect('{', "to start "+what); err != nil {
		return err
	}
	for first := true; !r.lex.Accept('}'); first = false {
		if !first {
			if err := r.lex.Expect(',', "after a member of "+what); err != nil {
				return err
			}
		}
		key, err := r.lex.Key(r.buffer[:0])
		if err != nil {
			return err
		}
		if err := member(string(key)); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) list(item func() error) error {
	if err := r.lex.Expect('[', "to start a list"); err != nil {
		return err
	}
	for first := true; !r.lex.Accept(']'); first = false {
		if !first {
			if err := r.lex.Expect(',', "after an item of the list"); err != nil {
				return err
			}
		}
		if err := item(); err != nil {
			return err
		}
	}
	return nil
}

// text reads a string, or null for an empty one.
func (r *reader) text(what string) (string, error) {
	if null, err := r.lex.Null(); null {
		return "", err
	}
	if r.lex.Peek() != '"' {
		return "", r.lex.Unexpected("a string as " + strconv.Quote(what))
	}
	s, err := r.lex.String(r.buffer[:0])
	return string(s), err
}

// maxDimensions bounds a shape, and how deep data may nest.
const maxDimensions = 16

func (r *reader) shape() ([]int64, error) {
	shape := []int64{}
	err := r.list(func() error {
		d, err := r.lex.Int64(64)
		if err != nil {
			return err
		}
		if d < 0 {
			return errorf("", `"shape" has the negative dimension %d`, d)
		}
		if len(shape) == maxDimensions {
			return errorf("", `"shape" has more than %d dimensions`, maxDimensions)
		}
		shape = append(shape, d)
		return nil
	})
	return shape, err
}

// readParameters reads an object of scalars and adds them to m. take may keep one
// for the gateway: those that say what is binary are no business of predict.
func (r *reader) readParameters(m map[string]*inference.InferParameter, take func(string, *inference.InferParameter) (bool, error)) (map[string]*inference.InferParameter, error) {
	if null, err := r.lex.Null(); null {
		return m, err
	}
	err := r.object(`"parameters"`, func(key string) error {
		if r.parameters++; r.parameters > maxParameters {
			return tooLarge("", "more than %d parameters", maxParameters)
		}
		v, err := r.parameter(key)
		if err != nil || v == nil {
			return err
		}
		if taken, err := take(key, v); taken || err != nil {
			return err
		}
		if m == nil {
			m = map[string]*inference.InferParameter{}
		}
		m[key] = v
		return nil
	})
	return m, err
}

// parameter reads a scalar; null is none.
func (r *reader) parameter(key string) (*inference.InferParameter, error) {
	switch c := r.lex.Peek(); {
	case c == 'n':
		_, err := r.lex.Null()
		return nil, err
	case c == 't' || c == 'f':
		v, err := r.lex.Bool()
		return &inference.InferParameter{ParameterChoice: &inference.InferParameter_BoolParam{BoolParam: v}}, err
	case c == '"':
		v, err := r.lex.String(r.buffer[:0])
		return &inference.InferParameter{ParameterChoice: &inference.InferParameter_StringParam{StringParam: string(v)}}, err
	case c == '-' || '0' <= c && c <= '9':
		start := r.lex.Offset()
		literal, err := r.lex.Number()
		if err != nil {
			return nil, err
		}
		if i, err := strconv.ParseInt(string(literal), 10, 64); err == nil {
			return &inference.InferParameter{ParameterChoice: &inference.InferParameter_Int64Param{Int64Param: i}}, nil
		}
		if u, err := strconv.ParseUint(string(literal), 10, 64); err == nil {
			return &inference.InferParameter{ParameterChoice: &inference.InferParameter_Uint64Param{Uint64Param: u}}, nil
		}
		r.lex.Seek(start)
		f, err := r.lex.Float64()
		return &inference.InferParameter{ParameterChoice: &inference.InferParameter_DoubleParam{DoubleParam: f}}, err
	}
	return nil, r.lex.Unexpected("a boolean, a number or a string as parameter " + strconv.Quote(key))
}

func asBool(name string, v *inference.InferParameter) (bool, error) {
	b, ok := v.GetParameterChoice().(*inference.InferParameter_BoolParam)
	if !ok {
		return false, errorf("", "parameter %s: expected true or false", name)
	}
	return b.BoolParam, nil
}

func asSize(name string, v *inference.InferParameter) (int, error) {
	i, ok := v.GetParameterChoice().(*inference.InferParameter_Int64Param)
	if !ok || i.Int64Param < 0 || i.Int64Param > math.MaxInt32 {
		return 0, errorf("", "parameter %s: expected a number of bytes", name)
	}
	return int(i.Int64Param), nil
}
