package skops

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// newestProtocol is the last that is known here.
const newestProtocol = 2

func protocol(schema members) (int, error) {
	v, _ := schema.get("protocol")
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("%s does not say by which protocol it is written", schemaName)
	}
	p, err := n.Int64()
	if err != nil || p < 0 {
		return 0, fmt.Errorf("%s is written by protocol %.40q; want a number from 0 to %d", schemaName, n, newestProtocol)
	}
	if p > newestProtocol {
		return 0, &model.UnsupportedError{Class: fmt.Sprintf("protocol %d of skops", p), Supported: fmt.Sprintf("protocols 0 to %d", newestProtocol)}
	}
	return int(p), nil
}

// A decoder turns the nodes of one file into values.
type decoder struct {
	archive  *archive
	protocol int
	budget   *budget
	file     *pickle.File
	shared   map[string]*shared // by __id__
	classes  map[[2]string]*pickle.Class
	arrays   map[string]*pickle.Array // by entry
}

// shared is a value that several nodes may stand for.
type shared struct {
	class, module, loader string
	content               any // of a JsonNode
	value                 pickle.Value
	done                  bool
}

// value reads a node. The first node of an id is the object, and later ones
// refer to it: skops writes them out again, and reads only the first.
func (d *decoder) value(v any) (pickle.Value, error) {
	node, ok := v.(members)
	if !ok {
		return nil, errors.New("a node is no JSON object")
	}
	s := &shared{class: node.text("__class__"), module: node.text("__module__"), loader: node.text("__loader__")}
	id, err := identity(node)
	if err != nil {
		return nil, err
	}
	if s.loader == "JsonNode" {
		s.content, _ = node.get("content")
		if _, ok := s.content.(string); !ok {
			return nil, errors.New("the content of a JsonNode is no string")
		}
	}
	if known := d.shared[id]; known != nil {
		return known.again(s)
	}
	if s.loader == "CachedNode" {
		return nil, errors.New("a node refers to an object that does not come before it")
	}
	if err := d.budget.spend(costNode); err != nil {
		return nil, err
	}
	if id != "" {
		d.shared[id] = s
	}
	read := loaders[s.loader]
	if read == nil {
		return nil, &model.UnsupportedError{
			Class:     fmt.Sprintf("skops's %.40q of %.80s.%.80s", s.loader, s.module, s.class),
			Supported: "the nodes that skops writes for scikit-learn, numpy and scipy",
		}
	}
	if s.value, err = read(d, node); err != nil {
		return nil, within(s.class, err)
	}
	s.done = true
	return s.value, nil
}

// again is the value for another node of the same id.
func (s *shared) again(other *shared) (pickle.Value, error) {
	if !s.done {
		return nil, fmt.Errorf("an object of class %.80s holds itself", s.class)
	}
	if other.loader != "CachedNode" && (s.class != other.class || s.module != other.module || s.loader != other.loader || s.content != other.content) {
		return nil, fmt.Errorf("nodes of classes %.80s and %.80s have the same id and differ", s.class, other.class)
	}
	return s.value, nil
}

// identity returns the id of a node; "" without.
func identity(node members) (string, error) {
	v, ok := node.get("__id__")
	if !ok || v == nil {
		return "", nil
	}
	n, ok := v.(json.Number)
	if !ok || len(n) > 20 {
		return "", errors.New("the __id__ of a node is no integer")
	}
	if n == "0" {
		return "", nil // skops takes it for none
	}
	return n.String(), nil
}

// maxPlace bounds how much of its place an error tells.
const maxPlace = 200

// A placed error says in which classes it happened, the outermost first.
type placed struct {
	place string
	err   error
}

func (e *placed) Error() string { return "in " + e.place + ": " + e.err.Error() }
func (e *placed) Unwrap() error { return e.err }

func within(class string, err error) error {
	if len(class) > 80 {
		class = class[:80]
	}
	var p *placed
	if !errors.As(err, &p) {
		return &placed{class, err}
	}
	if len(p.place) < maxPlace {
		p.place = class + " > " + p.place
	}
	return err
}

// class is the class or function that a node names.
func (d *decoder) class(node members) (*pickle.Class, error) {
	return d.global(node.text("__module__"), node.text("__class__"))
}

// global makes a class of a name. Whether it is known, unknown or refused is
// decided by package pickle, whatever the file says.
func (d *decoder) global(module, name string) (*pickle.Class, error) {
	key := [2]string{module, name}
	if c := d.classes[key]; c != nil {
		return c, nil
	}
	c, known, err := pickle.Global(module, name)
	if err != nil {
		return nil, err
	}
	if err := d.budget.spend(costNode + int64(len(module)+len(name))); err != nil {
		return nil, err
	}
	d.classes[key] = c
	const maxForeign = 1000
	if !known && len(d.file.Foreign) < maxForeign {
		d.file.Foreign = append(d.file.Foreign, c)
	}
	return c, nil
}

// values reads a list of nodes.
func (d *decoder) values(v any) ([]pickle.Value, error) {
	nodes, ok := v.([]any)
	if !ok {
		return nil, errors.New("the content of a node is no JSON array")
	}
	if err := d.budget.spend(costValue * int64(len(nodes))); err != nil {
		return nil, err
	}
	out := make([]pickle.Value, len(nodes))
	for i, n := range nodes {
		var err error
		if out[i], err = d.value(n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// member reads the node under a name of a node's content.
func (d *decoder) member(node members, name string) (pickle.Value, error) {
	v, ok := node.get(name)
	if !ok {
		return nil, fmt.Errorf("the node has no %s", name)
	}
	return d.value(v)
}

// content returns the members of a node's content.
func content(node members) (members, error) {
	v, _ := node.get("content")
	m, ok := v.(members)
	if !ok {
		return nil, errors.New("the content of a node is no JSON object")
	}
	return m, nil
}
