package oip

import (
	"errors"
	"fmt"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/jsonlex"
)

// A Request is an inference request, and which of its outputs are to be binary.
type Request struct {
	Message *inference.ModelInferRequest

	binary       map[string]bool // by output, where the request says
	binaryOutput bool            // of the others
}

// An Error says what is wrong with a request.
type Error struct {
	Input    string // the tensor's name; empty where the error is not about one
	Offset   int    // in the JSON, in bytes; -1 where it is not at one place
	What     string
	TooLarge bool // a limit was exceeded
}

func (e *Error) Error() string {
	s := e.What
	if e.Offset >= 0 {
		s = fmt.Sprintf("at byte %d: %s", e.Offset, s)
	}
	if e.Input != "" {
		s = fmt.Sprintf("input %q: %s", e.Input, s)
	}
	return s
}

func errorf(input string, format string, args ...any) error {
	return &Error{Input: input, Offset: -1, What: fmt.Sprintf(format, args...)}
}

func tooLarge(input string, format string, args ...any) error {
	return &Error{Input: input, Offset: -1, What: fmt.Sprintf(format, args...), TooLarge: true}
}

// Limits bound what one request may turn into: a number takes two bytes of
// JSON, and eight in memory.
type Limits struct {
	Rows  int
	Cells int // values in the JSON, of all inputs
}

const (
	maxInputs     = 16_384 // and outputs
	maxParameters = 1_024  // of a request, its inputs and outputs
)

// Decode reads the body of an infer request. jsonLength is what the header
// Inference-Header-Content-Length says, -1 without one: the body is JSON then.
// The request may point into body.
func Decode(body []byte, jsonLength int, limits Limits) (*Request, error) {
	if jsonLength > len(body) {
		return nil, errorf("", "the header Inference-Header-Content-Length is %d, but the body has %d bytes", jsonLength, len(body))
	}
	text, tail := body, []byte(nil)
	if jsonLength >= 0 {
		text, tail = body[:jsonLength], body[jsonLength:]
	}
	lex := jsonlex.New(text)
	lex.AllowNonFinite = true
	r := &reader{lex: lex, limits: limits, request: &Request{Message: &inference.ModelInferRequest{}}}
	if err := r.read(); err != nil {
		return nil, locate("", err)
	}
	if err := r.contents(tail); err != nil {
		return nil, err
	}
	return r.request, nil
}

// locate turns an error of the lexer into one of this package, and says which
// input it is about.
func locate(input string, err error) error {
	var syntax *jsonlex.SyntaxError
	if errors.As(err, &syntax) {
		return &Error{Input: input, Offset: syntax.Offset, What: syntax.What}
	}
	var own *Error
	if errors.As(err, &own) && own.Input == "" {
		own.Input = input
	}
	return err
}

// A reader reads a request's JSON.
type reader struct {
	lex        jsonlex.Lexer
	limits     Limits // Cells: those that are left
	request    *Request
	inputs     []input
	seen       struct{ inputs, outputs bool }
	parameters int // so far
	buffer     [128]byte
}

// An input is what is known of a tensor when its JSON was read: its data may
// come before its datatype.
type input struct {
	message    *inference.ModelInferRequest_InferInputTensor
	data       int // where in the JSON; -1 without
	binarySize int // -1 without
}

func (r *reader) read() error {
	m := r.request.Message
	err := r.object("a request", func(key string) (err error) {
		switch key {
		case "id":
			m.Id, err = r.text("id")
		case "parameters":
			m.Parameters, err = r.readParameters(m.Parameters, func(name string, v *inference.InferParameter) (taken bool, err error) {
				if name != "binary_data_output" {
					return false, nil
				}
				r.request.binaryOutput, err = asBool(name, v)
				return true, err
			})
		case "inputs":
			if r.seen.inputs {
				return errorf("", `"inputs" is there twice`)
			}
			r.seen.inputs = true
			err = r.list(r.input)
		case "outputs":
			if r.seen.outputs {
				return errorf("", `"outputs" is there twice`)
			}
			r.seen.outputs = true
			err = r.list(r.output)
		default:
			err = r.lex.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(r.inputs) == 0 {
		return errorf("", `the request has no "inputs"`)
	}
	return r.lex.End()
}

func (r *reader) input() error {
	if len(r.inputs) == maxInputs {
		return errorf("", "more than %d inputs", maxInputs)
	}
	in := input{message: &inference.ModelInferRequest_InferInputTensor{}, data: -1, binarySize: -1}
	m := in.message
	shaped := false
	err := r.object("an input", func(key string) (err error) {
		switch key {
		case "name":
			m.Name, err = r.text("name")
		case "datatype":
			m.Datatype, err = r.text("datatype")
		case "shape":
			shaped = true
			m.Shape, err = r.shape()
		case "parameters":
			m.Parameters, err = r.readParameters(m.Parameters, func(name string, v *inference.InferParameter) (taken bool, err error) {
				if name != "binary_data_size" {
					return false, nil
				}
				in.binarySize, err = asSize(name, v)
				return true, err
			})
		case "data":
			if in.data >= 0 {
				return errorf("", `"data" is there twice`)
			}
			r.lex.Peek()
			in.data = r.lex.Offset()
			err = r.lex.Skip()
		default:
			err = r.lex.Skip()
		}
		return err
	})
	switch {
	case err != nil:
		return locate(m.GetName(), err)
	case m.GetName() == "":
		return errorf("", `inputs[%d] has no "name"`, len(r.inputs))
	case m.GetDatatype() == "":
		return errorf(m.GetName(), `it has no "datatype"`)
	case !shaped:
		return errorf(m.GetName(), `it has no "shape"`)
	}
	r.inputs = append(r.inputs, in)
	r.request.Message.Inputs = append(r.request.Message.Inputs, m)
	return nil
}

func (r *reader) output() error {
	if len(r.request.Message.GetOutputs()) == maxInputs {
		return errorf("", "more than %d outputs", maxInputs)
	}
	m := &inference.ModelInferRequest_InferRequestedOutputTensor{}
	var binary, said bool
	err := r.object("an output", func(key string) (err error) {
		switch key {
		case "name":
			m.Name, err = r.text("name")
		case "parameters":
			m.Parameters, err = r.readParameters(m.Parameters, func(name string, v *inference.InferParameter) (taken bool, err error) {
				if name != "binary_data" {
					return false, nil
				}
				said = true
				binary, err = asBool(name, v)
				return true, err
			})
		default:
			err = r.lex.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if m.GetName() == "" {
		return errorf("", `outputs[%d] has no "name"`, len(r.request.Message.GetOutputs()))
	}
	if said {
		if r.request.binary == nil {
			r.request.binary = map[string]bool{}
		}
		r.request.binary[m.GetName()] = binary
	}
	r.request.Message.Outputs = append(r.request.Message.Outputs, m)
	return nil
}
