//! Lists and dicts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Elem, Str, Value};

/// A Go slice.
#[derive(Debug, Clone)]
pub struct List(Arc<ListData>);

#[derive(Debug)]
struct ListData {
    elem: Elem,
    nil: bool,
    items: Vec<Value>,
}

/// A Go map with string keys.
#[derive(Debug, Clone)]
pub struct Dict(Arc<DictData>);

#[derive(Debug)]
struct DictData {
    elem: Elem,
    nil: bool,
    entries: Mutex<BTreeMap<Str, Value>>,
}

impl List {
    /// Makes a list of elements that have the type `elem`.
    pub fn new(elem: Elem, items: Vec<Value>) -> Self {
        Self(Arc::new(ListData { elem, nil: false, items }))
    }

    /// Makes the nil slice of a type: like an empty one, but its JSON is `null`.
    pub fn nil(elem: Elem) -> Self {
        Self(Arc::new(ListData { elem, nil: true, items: Vec::new() }))
    }

    /// The elements; a nil among them is [`Value::Nil`].
    pub fn items(&self) -> &[Value] {
        &self.0.items
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.0.items.len()
    }

    /// Tells whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.0.items.is_empty()
    }

    /// The type of the elements.
    pub fn elem(&self) -> Elem {
        self.0.elem
    }

    /// Tells whether this is a nil slice.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The element at `index`, as an expression of the element type.
    pub(in super::super) fn at(&self, index: usize) -> Option<Value> {
        let value = self.0.items.get(index)?.clone();
        Some(if value.is_nil() { Value::NilInterface } else { value })
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self.0.elem {
            Elem::Any => "[]interface {}",
            Elem::Str => "[]string",
            Elem::Int => "[]int",
            Elem::Lists => "[][]interface {}",
        }
    }
}

impl Dict {
    /// Makes a dict whose values have the type `elem`.
    pub fn new(elem: Elem, entries: BTreeMap<Str, Value>) -> Self {
        Self(Arc::new(DictData { elem, nil: false, entries: Mutex::new(entries) }))
    }

    /// Makes a nil map: it can be read, and writing to it is an error.
    pub fn nil() -> Self {
        Self(Arc::new(DictData { elem: Elem::Any, nil: true, entries: Mutex::default() }))
    }

    /// The type of the values.
    pub fn elem(&self) -> Elem {
        self.0.elem
    }

    /// Tells whether this is a nil map.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Tells whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.lock().get(key).cloned()
    }

    /// The entries in the order of their keys, as they are now.
    pub fn entries(&self) -> Vec<(Str, Value)> {
        self.lock().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Sets the value of a key, in all clones.
    pub fn insert(&self, key: &[u8], value: Value) {
        let previous = self.lock().insert(Str::from(key), value);
        drop(previous); // After the lock: it may hold this very dict.
    }

    /// Removes a key, in all clones.
    pub fn remove(&self, key: &[u8]) {
        let previous = self.lock().remove(key);
        drop(previous);
    }

    /// Tells whether both are the same map in memory.
    pub(in super::super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self.0.elem {
            Elem::Str => "map[string]string",
            _ => "map[string]interface {}",
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Str, Value>> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ListData {
    fn drop(&mut self) {
        drop_deep(std::mem::take(&mut self.items));
    }
}

impl Drop for DictData {
    fn drop(&mut self) {
        let entries = self.entries.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop_deep(std::mem::take(entries).into_values().collect());
    }
}

/// Drops values without recursion: a loop in a template nests lists as deep as it likes.
fn drop_deep(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        match value {
            Value::List(List(data)) => {
                if let Some(mut data) = Arc::into_inner(data) {
                    values.append(&mut data.items);
                }
            }
            Value::Dict(Dict(data)) => {
                if let Some(mut data) = Arc::into_inner(data) {
                    let entries = data.entries.get_mut().unwrap_or_else(PoisonError::into_inner);
                    values.extend(std::mem::take(entries).into_values());
                }
            }
            _ => {}
        }
    }
}
