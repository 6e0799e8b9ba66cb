package published

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/treehouse-ml/treehouse/terraform/schema/document"
)

// source is the TypeScript of one resource, data source or provider.
type source string

var (
	// An attribute of a class: its flags, and the member and getter that follow.
	member = regexp.MustCompile(`// (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n((?:.*\n){1,4})`)
	// A row of the table that tells how a value is written in HCL.
	row = regexp.MustCompile(`(?m)^\s+"?(\w+)"?: \{\n\s+value: (.*),\n\s+isBlock: (true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",`)

	property    = regexp.MustCompile(`(?m)^  readonly (\w+)(\?)?:`)
	inValue     = regexp.MustCompile(`(?:struct!|this)\._?(\w+)(?:\.internalValue)?\)*$`)
	converter   = regexp.MustCompile(`\b(\w+)ToHclTerraform\b`)
	construct   = regexp.MustCompile(`= new (cdktf\.)?(\w+)\(this, "\w+"(?:, (true|false))?\)`)
	getter      = regexp.MustCompile(`this\.get(\w+)Attribute\(`)
	elementType = regexp.MustCompile(`(?m)^\s+private _\w+\??: (\w+)((?:\[\])+)`)
)

type flags struct{ computed, optional, required bool }

// class returns the block of a resource's, data source's or provider's class.
func (s source) class(name string) (document.Block, error) {
	body, ok := s.between("export class "+name+" extends ", "\n}\n")
	if !ok {
		return document.Block{}, fmt.Errorf("no class %s", name)
	}
	_, table, ok := strings.Cut(body, "synthesizeHclAttributes()")
	if !ok {
		table = "" // a data source without arguments
	}
	return s.block(body, table, nil)
}

// structure returns the block of a nested structure.
func (s source) structure(name string) (document.Block, error) {
	body, computed := s.between("export class "+name+"OutputReference extends ", "\n}\n")
	table, configurable := s.between("export function "+lowerFirst(name)+"ToHclTerraform(", "\n}\n")
	if !computed && !configurable {
		return document.Block{}, fmt.Errorf("no structure %s", name)
	}
	properties, _ := s.between("export interface "+name+" {", "\n}\n")
	required := map[string]bool{}
	for _, match := range property.FindAllStringSubmatch(properties, -1) {
		required[match[1]] = match[2] == ""
	}
	block, err := s.block(body, table, required)
	if err != nil {
		return block, fmt.Errorf("%s: %w", name, err)
	}
	return block, nil
}

// block joins what a class tells, in body, with its table. Where the class has
// no comments, as within providers, required tells by the property's name.
func (s source) block(body, table string, required map[string]bool) (document.Block, error) {
	block := document.Block{Attributes: map[string]document.Attribute{}, Blocks: map[string]document.NestedBlock{}}
	rows := map[string][]string{}
	for _, match := range row.FindAllStringSubmatch(table, -1) {
		rows[match[1]] = match
	}
	seen := map[string]flags{}
	for _, match := range member.FindAllStringSubmatch(body, -1) {
		name, f := match[1], flags{match[2] == "true", match[3] == "true", match[4] == "true"}
		seen[name] = f
		if rows[name] != nil {
			continue
		}
		if f.optional || f.required {
			return block, fmt.Errorf("%s can be set and has no row", name)
		}
		attribute, err := s.computed(match[5])
		if err != nil {
			return block, fmt.Errorf("%s: %w", name, err)
		}
		block.Attributes[name] = attribute
	}
	for name, match := range rows {
		f, ok := seen[name]
		if !ok {
			property := inValue.FindStringSubmatch(match[2])
			if property == nil {
				return block, fmt.Errorf("%s: cannot read %q", name, match[2])
			}
			must, ok := required[property[1]]
			if !ok {
				return block, fmt.Errorf("%s: no property %s", name, property[1])
			}
			f = flags{optional: !must, required: must}
		}
		if err := s.configurable(&block, name, f, match); err != nil {
			return block, fmt.Errorf("%s: %w", name, err)
		}
	}
	return block, nil
}

// configurable adds what a row of the table describes.
func (s source) configurable(block *document.Block, name string, f flags, match []string) error {
	value, nested, nesting, storage := match[2], match[3] == "true", match[4], match[5]
	attribute := document.Attribute{Required: f.required, Optional: f.optional, Computed: f.computed}
	if !nested {
		encoded, err := simple(nesting, storage)
		if err != nil {
			return err
		}
		attribute.Type = encoded
		block.Attributes[name] = attribute
		return nil
	}
	function := converter.FindStringSubmatch(value)
	if function == nil {
		return fmt.Errorf("cannot read %q", value)
	}
	inner, err := s.structure(upperFirst(function[1]))
	if err != nil {
		return err
	}
	many := strings.Contains(value, "MapperHcl(")
	switch {
	case many && strings.Contains(value, ", false)("), nesting == "struct" && name != "timeouts":
		// An attribute that is written like a block, or with an equals sign.
		if f.optional && f.computed {
			attribute.Type, err = objectType(nesting, inner)
		} else {
			if nesting == "struct" {
				nesting = "single"
			}
			attribute.NestedType = &document.NestedType{Attributes: inner.Attributes, Nesting: nesting}
		}
		block.Attributes[name] = attribute
		return err
	}
	child := document.NestedBlock{Nesting: nesting, Block: inner}
	if nesting == "struct" {
		child.Nesting = "single"
	} else {
		if f.required {
			child.MinItems = 1
		}
		if !many {
			child.MaxItems = 1
		}
	}
	block.Blocks[name] = child
	return nil
}

// computed reads the type of an attribute that only the provider sets from its
// member and getter.
func (s source) computed(code string) (document.Attribute, error) {
	attribute := document.Attribute{Computed: true}
	code, _, _ = strings.Cut(code, "\n  }\n")
	var err error
	if match := construct.FindStringSubmatch(code); match != nil {
		class := match[2]
		if match[1] != "" { // cdktf.StringMap and its like
			attribute.Type, err = collection("map", strings.ToLower(strings.TrimSuffix(class, "Map")))
			return attribute, err
		}
		nesting := "struct"
		for suffix, mode := range map[string]string{"List": "list", "Map": "map", "OutputReference": "struct"} {
			if name, ok := strings.CutSuffix(class, suffix); ok {
				class, nesting = name, mode
				break
			}
		}
		if nesting == "list" && match[3] == "true" {
			nesting = "set"
		}
		inner, err := s.structure(class)
		if err != nil {
			return attribute, err
		}
		attribute.Type, err = objectType(nesting, inner)
		return attribute, err
	}
	match := getter.FindStringSubmatch(code)
	if match == nil {
		return attribute, fmt.Errorf("cannot read %q", code)
	}
	kind := "list"
	if strings.Contains(code, "Fn.tolist(") {
		kind = "set" // read as a list, since a set has no order to index by
	}
	switch match[1] {
	case "String", "Number", "Boolean":
		attribute.Type, err = simple("simple", strings.ToLower(match[1]))
	case "List", "NumberList":
		element := "string"
		if typed := elementType.FindStringSubmatch(code); typed != nil {
			element = typed[1]
		} else if match[1] == "NumberList" {
			element = "number"
		}
		attribute.Type, err = collection(kind, element)
	case "StringMap", "NumberMap", "BooleanMap":
		attribute.Type, err = collection("map", strings.ToLower(strings.TrimSuffix(match[1], "Map")))
	default:
		err = fmt.Errorf("unknown getter %s", match[1])
	}
	return attribute, err
}

// between returns what stands between the first start and the end after it.
func (s source) between(start, end string) (string, bool) {
	_, rest, ok := strings.Cut(string(s), start)
	if !ok {
		return "", false
	}
	body, _, ok := strings.Cut(rest, end)
	return body + "\n", ok
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// simple is the type of a row that is no structure: string, or a list, set or
// map of a storage class such as stringList or numberListList.
func simple(nesting, storage string) (json.RawMessage, error) {
	if nesting != "simple" {
		for _, suffix := range []string{"List", "Map"} {
			if element, ok := strings.CutSuffix(storage, suffix); ok {
				return collection(nesting, element)
			}
		}
	}
	return typeOf(storage)
}

func collection(kind, element string) (json.RawMessage, error) {
	inner, err := typeOf(element)
	if err != nil {
		return nil, err
	}
	return json.Marshal([]any{kind, inner})
}

func typeOf(storage string) (json.RawMessage, error) {
	switch storage {
	case "string", "number":
		return json.Marshal(storage)
	case "boolean":
		return json.Marshal("bool")
	case "any":
		return json.Marshal("dynamic")
	}
	for suffix, kind := range map[string]string{"List": "list", "Map": "map"} {
		if element, ok := strings.CutSuffix(storage, suffix); ok {
			return collection(kind, element)
		}
	}
	return nil, fmt.Errorf("unknown type %q", storage)
}

// objectType is the type of an attribute whose value is one object or a
// collection of them.
func objectType(nesting string, block document.Block) (json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	for name, attribute := range block.Attributes {
		if attribute.NestedType != nil {
			inner, err := objectType(attribute.NestedType.Nesting, document.Block{Attributes: attribute.NestedType.Attributes})
			if err != nil {
				return nil, err
			}
			attribute.Type = inner
		}
		fields[name] = attribute.Type
	}
	for name, child := range block.Blocks {
		inner, err := objectType(child.Nesting, child.Block)
		if err != nil {
			return nil, err
		}
		fields[name] = inner
	}
	object, err := json.Marshal([]any{"object", fields})
	if err != nil || nesting == "struct" || nesting == "single" {
		return object, err
	}
	return json.Marshal([]any{nesting, json.RawMessage(object)})
}
