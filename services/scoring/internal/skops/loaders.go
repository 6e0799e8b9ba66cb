package skops

import (
	"errors"
	"fmt"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// loaders read nodes by the name of skops's class for them. What becomes of
// each is what a pickle of the same object holds.
var loaders map[string]func(*decoder, members) (pickle.Value, error)

func init() { // the loaders need the table themselves
	loaders = map[string]func(*decoder, members) (pickle.Value, error){
		"JsonNode":                    (*decoder).json,
		"DictNode":                    (*decoder).dict,
		"DefaultDictNode":             (*decoder).mainDict,
		"_DictWithDeprecatedKeysNode": (*decoder).mainDict,
		"ListNode":                    (*decoder).list,
		"SetNode":                     (*decoder).set,
		"TupleNode":                   (*decoder).tuple,
		"BytesNode":                   (*decoder).bytes,
		"BytearrayNode":               (*decoder).bytes,
		"SliceNode":                   (*decoder).slice,
		"FunctionNode":                (*decoder).function,
		"TypeNode":                    (*decoder).typ,
		"PartialNode":                 (*decoder).partial,
		"OperatorFuncNode":            (*decoder).operator,
		"ObjectNode":                  (*decoder).object,
		"ConstructorFromReduceNode":   (*decoder).constructed,
		"TreeNode":                    (*decoder).reduced,
		"LossNode":                    (*decoder).reduced,
		"SGDNode":                     (*decoder).reduced, // losses, until skops 0.10 at least
		"QuantileForestNode":          (*decoder).reduced,
		"NdArrayNode":                 (*decoder).array,
		"DTypeNode":                   (*decoder).dtype,
		"MaskedArrayNode":             (*decoder).opaque,
		"RandomStateNode":             (*decoder).opaque,
		"RandomGeneratorNode":         (*decoder).opaque,
		"SparseMatrixNode":            (*decoder).opaque,
	}
}

func (d *decoder) json(node members) (pickle.Value, error) { return scalar(node.text("content")) }

// dict reads a dict, or an instance of a class derived from it.
func (d *decoder) dict(node members) (pickle.Value, error) {
	c, err := d.class(node)
	if err != nil {
		return nil, err
	}
	entries, err := content(node)
	if err != nil {
		return nil, err
	}
	types, err := d.member(node, "key_types")
	if err != nil {
		return nil, err
	}
	kinds, ok := types.(*pickle.List)
	if !ok || len(kinds.Items) != len(entries) {
		return nil, errors.New("a dict has not one type for each key")
	}
	if err := d.budget.spend(2 * costValue * int64(len(entries))); err != nil {
		return nil, err
	}
	out := &pickle.Dict{Keys: make([]pickle.Value, len(entries)), Values: make([]pickle.Value, len(entries))}
	for i, e := range entries {
		kind, ok := kinds.Items[i].(*pickle.Class)
		if !ok {
			return nil, fmt.Errorf("the type of the key %.40q is no type", e.name)
		}
		if out.Keys[i], err = key(e.name, kind); err != nil {
			return nil, err
		}
		if out.Values[i], err = d.value(e.value); err != nil {
			return nil, err
		}
	}
	if c.Module == "builtins" || c.Module == "collections" {
		return out, nil
	}
	return &pickle.Object{Class: c, Pairs: out}, nil
}

// mainDict reads a dict with what reading it takes besides.
func (d *decoder) mainDict(node members) (pickle.Value, error) {
	m, err := content(node)
	if err != nil {
		return nil, err
	}
	return d.member(m, "main")
}

func (d *decoder) list(node members) (pickle.Value, error) {
	c, items, err := d.collection(node)
	if err != nil {
		return nil, err
	}
	if c.Module == "builtins" {
		return &pickle.List{Items: items}, nil
	}
	return &pickle.Object{Class: c, Items: items}, nil
}

func (d *decoder) set(node members) (pickle.Value, error) {
	_, items, err := d.collection(node)
	return &pickle.Set{Items: items}, err
}

// tuple reads a tuple, or a named tuple, whose class was called with the items.
func (d *decoder) tuple(node members) (pickle.Value, error) {
	c, items, err := d.collection(node)
	if err != nil {
		return nil, err
	}
	if c.Module == "builtins" {
		return pickle.Tuple(items), nil
	}
	return &pickle.Object{Class: c, Args: items}, nil
}

func (d *decoder) collection(node members) (*pickle.Class, []pickle.Value, error) {
	c, err := d.class(node)
	if err != nil {
		return nil, nil, err
	}
	v, _ := node.get("content")
	items, err := d.values(v)
	return c, items, err
}

// bytes reads an entry of the archive.
func (d *decoder) bytes(node members) (pickle.Value, error) {
	data, err := d.archive.read(node.text("file"))
	return pickle.Bytes(data), err
}

func (d *decoder) slice(node members) (pickle.Value, error) {
	m, err := content(node)
	if err != nil {
		return nil, err
	}
	args := make(pickle.Tuple, 3)
	for i, name := range []string{"start", "stop", "step"} {
		v, ok := m.get(name)
		if !ok {
			return nil, fmt.Errorf("a slice has no %s", name)
		}
		if args[i], err = plain(v); err != nil {
			return nil, err
		}
	}
	c, err := d.global("builtins", "slice")
	return &pickle.Object{Class: c, Args: args}, err
}

// function reads the name of a function. Protocol 0 had it in the content.
func (d *decoder) function(node members) (pickle.Value, error) {
	if d.protocol > 0 {
		return d.class(node)
	}
	m, err := content(node)
	if err != nil {
		return nil, err
	}
	return d.global(m.text("module_path"), m.text("function"))
}

func (d *decoder) typ(node members) (pickle.Value, error) { return d.class(node) }

// partial reads a functools.partial; its state is that of a pickle.
func (d *decoder) partial(node members) (pickle.Value, error) {
	m, err := content(node)
	if err != nil {
		return nil, err
	}
	state := make(pickle.Tuple, 4)
	for i, name := range []string{"func", "args", "kwds", "namespace"} {
		if state[i], err = d.member(m, name); err != nil {
			return nil, err
		}
	}
	c, err := d.global("functools", "partial")
	return &pickle.Object{Class: c, Args: slices.Clone(state[:1]), State: state}, err
}

func (d *decoder) operator(node members) (pickle.Value, error) {
	c, err := d.global("operator", node.text("__class__"))
	if err != nil {
		return nil, err
	}
	args, err := d.arguments(node, "attrs")
	return &pickle.Object{Class: c, Args: args}, err
}

// object reads an instance and its state.
func (d *decoder) object(node members) (pickle.Value, error) {
	c, err := d.class(node)
	if err != nil {
		return nil, err
	}
	o := &pickle.Object{Class: c}
	if v, _ := node.get("content"); v != nil {
		o.State, err = d.value(v)
	}
	return o, err
}

// constructed reads an instance that is all in the arguments of its class.
func (d *decoder) constructed(node members) (pickle.Value, error) {
	c, err := d.class(node)
	if err != nil {
		return nil, err
	}
	args, err := d.arguments(node, "content")
	return &pickle.Object{Class: c, Args: args}, err
}

// reduced reads an instance that has both arguments and a state.
func (d *decoder) reduced(node members) (pickle.Value, error) {
	c, err := d.class(node)
	if err != nil {
		return nil, err
	}
	v, _ := node.get("__reduce__")
	reduce, ok := v.(members)
	if !ok {
		return nil, errors.New("the node has no __reduce__")
	}
	args, err := d.arguments(reduce, "args")
	if err != nil {
		return nil, err
	}
	state, err := d.member(node, "content")
	return &pickle.Object{Class: c, Args: args, State: state}, err
}

func (d *decoder) arguments(node members, name string) (pickle.Tuple, error) {
	v, err := d.member(node, name)
	if err != nil {
		return nil, err
	}
	args, ok := v.(pickle.Tuple)
	if !ok {
		return nil, fmt.Errorf("the arguments under %s are no tuple", name)
	}
	return args, nil
}

// opaque reads an object that no prediction needs. Its parts are read to hold
// them to the allow-list, too; protocol 0 had a plain dict in the place of some.
func (d *decoder) opaque(node members) (pickle.Value, error) {
	c, err := d.class(node)
	if err != nil {
		return nil, err
	}
	o := &pickle.Object{Class: c}
	v, _ := node.get("content")
	m, _ := v.(members)
	if isNode(m) {
		o.State, err = d.value(m)
		return o, err
	}
	state := &pickle.Dict{}
	for _, e := range m {
		part, _ := e.value.(members)
		if !isNode(part) {
			continue
		}
		v, err := d.value(part)
		if err != nil {
			return nil, err
		}
		if err := d.budget.spend(2 * costValue); err != nil {
			return nil, err
		}
		state.Keys, state.Values = append(state.Keys, e.name), append(state.Values, v)
	}
	o.State = state
	return o, nil
}

func isNode(m members) bool {
	_, ok := m.get("__loader__")
	return ok
}
