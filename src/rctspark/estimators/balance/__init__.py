"""Are the arms alike, and are they like a target population?"""
