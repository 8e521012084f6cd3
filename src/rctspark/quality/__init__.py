"""What tables promise and what data usually look like, checked before publication."""
